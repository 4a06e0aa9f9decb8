package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// fields of the request that are to be sent back.
func echoes(ctx context.Context) (head, trailers metadata.MD) {
	head, trailers = metadata.MD{}, metadata.MD{}
	if in, ok := metadata.FromIncomingContext(ctx); ok {
		if values := in[echoInitial]; len(values) > 0 {
			head[echoInitial] = values
		}
		if values := in[echoTrailing]; len(values) > 0 {
			trailers[echoTrailing] = values
		}
	}
	return head, trailers
}

func echoStream(stream grpc.ServerStream) error {
	head, trailers := echoes(stream.Context())
	stream.SetTrailer(trailers)
	return stream.SendHeader(head)
}

func wanted(s *echoStatus) error {
	if s == nil || s.Code == 0 {
		return nil
	}
	return status.Error(codes.Code(s.Code), s.Message)
}

func expected(ctx context.Context, said *boolValue) error {
	if said != nil && said.Value != packed(ctx) {
		return status.Error(codes.InvalidArgument, "compressed or not: it is not as the message says")
	}
	return nil
}

type handler func(context.Context, *simpleRequest) (interface{}, error)

func unary(name string, call handler) grpc.MethodDesc {
	run := func(_ interface{}, ctx context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
		request := new(simpleRequest)
		if err := decode(request); err != nil {
			return nil, err
		}
		head, trailers := echoes(ctx)
		if err := grpc.SetHeader(ctx, head); err != nil {
			return nil, err
		}
		if err := grpc.SetTrailer(ctx, trailers); err != nil {
			return nil, err
		}
		return call(ctx, request)
	}
	return grpc.MethodDesc{MethodName: name, Handler: run}
}

func unaryCall(ctx context.Context, request *simpleRequest) (interface{}, error) {
	if err := expected(ctx, request.ExpectCompressed); err != nil {
		return nil, err
	}
	if err := wanted(request.ResponseStatus); err != nil {
		return nil, err
	}
	return &simpleResponse{Payload: zeros(request.ResponseSize)}, nil
}

func respond(stream grpc.ServerStream, request *outputRequest) error {
	for _, wish := range request.Wishes {
		time.Sleep(time.Duration(wish.IntervalUs) * time.Microsecond)
		if err := stream.SendMsg(&outputResponse{Payload: zeros(wish.Size)}); err != nil {
			return err
		}
	}
	return wanted(request.ResponseStatus)
}

func streamingOutput(_ interface{}, stream grpc.ServerStream) error {
	request := new(outputRequest)
	if err := stream.RecvMsg(request); err != nil {
		return err
	}
	if err := echoStream(stream); err != nil {
		return err
	}
	return respond(stream, request)
}

func streamingInput(_ interface{}, stream grpc.ServerStream) error {
	var sum int32
	for {
		request := new(inputRequest)
		err := stream.RecvMsg(request)
		if err == io.EOF {
			return stream.SendMsg(&inputResponse{Sum: sum})
		}
		if err != nil {
			return err
		}
		if err := expected(stream.Context(), request.ExpectCompressed); err != nil {
			return err
		}
		sum += request.Payload.size()
	}
}

func fullDuplex(_ interface{}, stream grpc.ServerStream) error {
	if err := echoStream(stream); err != nil {
		return err
	}
	for {
		request := new(outputRequest)
		err := stream.RecvMsg(request)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := respond(stream, request); err != nil {
			return err
		}
	}
}

var testService = grpc.ServiceDesc{
	ServiceName: "grpc.testing.TestService",
	HandlerType: (*interface{})(nil),
	Methods: []grpc.MethodDesc{
		unary("EmptyCall", func(context.Context, *simpleRequest) (interface{}, error) { return new(empty), nil }),
		unary("UnaryCall", unaryCall),
	},
	Streams: []grpc.StreamDesc{
		{StreamName: "StreamingOutputCall", Handler: streamingOutput, ServerStreams: true},
		{StreamName: "StreamingInputCall", Handler: streamingInput, ClientStreams: true},
		{StreamName: "FullDuplexCall", Handler: fullDuplex, ServerStreams: true, ClientStreams: true},
	},
}

func serve() {
	port := flag.Int("port", 10000, "the port")
	address := flag.String("bind_address", "0.0.0.0", "the address")
	useTLS := flag.Bool("use_tls", false, "TLS")
	chain := flag.String("tls_cert_file", "", "the certificate")
	key := flag.String("tls_key_file", "", "its key")
	flag.Parse()
	network, at := "tcp", fmt.Sprintf("%s:%d", *address, *port)
	if path := strings.TrimPrefix(*address, "unix:"); path != *address {
		network, at = "unix", path
	}
	listener, err := net.Listen(network, at)
	if err != nil {
		log.Fatal(err)
	}
	options := []grpc.ServerOption{grpc.StatsHandler(packing{})}
	if *useTLS {
		tls, err := credentials.NewServerTLSFromFile(*chain, *key)
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, grpc.Creds(tls))
	}
	server := grpc.NewServer(options...)
	server.RegisterService(&testService, struct{}{})
	if network == "unix" {
		fmt.Println("listening on", *address)
	} else {
		fmt.Println("listening on", listener.Addr())
	}
	log.Fatal(server.Serve(listener))
}
