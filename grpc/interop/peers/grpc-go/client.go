package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	longest       = time.Minute
	largeRequest  = 271828
	largeResponse = 314159
	special       = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
)

var (
	requests  = []int32{27182, 8, 1828, 45904}
	responses = []int32{31415, 9, 2653, 58979}
	both      = &grpc.StreamDesc{StreamName: "FullDuplexCall", ServerStreams: true, ClientStreams: true}
	up        = &grpc.StreamDesc{StreamName: "StreamingInputCall", ClientStreams: true}
	down      = &grpc.StreamDesc{StreamName: "StreamingOutputCall", ServerStreams: true}
)

// lack is what the library has no way to do.
type lack string

func (l lack) Error() string { return string(l) }

func large() *simpleRequest {
	return &simpleRequest{ResponseSize: largeResponse, Payload: zeros(largeRequest)}
}

func turn(request, response int32) *outputRequest {
	return &outputRequest{Wishes: []*wish{{Size: response}}, Payload: zeros(request)}
}

func sized(p *payload, want int32) error {
	if p.size() != want {
		return fmt.Errorf("%d octets, not %d", p.size(), want)
	}
	return nil
}

func endedWith(err error, code codes.Code, message string) error {
	got := status.Convert(err)
	if got.Code() != code {
		return fmt.Errorf("%v, not %v", err, code)
	}
	if message != "" && got.Message() != message {
		return fmt.Errorf("the message is %q", got.Message())
	}
	return nil
}

type cases struct{ conn *grpc.ClientConn }

func (c cases) within(length time.Duration) (context.Context, context.CancelFunc) {
	ctx := context.WithValue(context.Background(), packedKey{}, new(int32))
	return context.WithTimeout(ctx, length)
}

func (c cases) unary(request *simpleRequest, options ...grpc.CallOption) (bool, error) {
	ctx, cancel := c.within(longest)
	defer cancel()
	reply := new(simpleResponse)
	if err := c.conn.Invoke(ctx, service+"UnaryCall", request, reply, options...); err != nil {
		return false, err
	}
	return packed(ctx), sized(reply.Payload, request.ResponseSize)
}

// streaming runs a call; f need not end it.
func (c cases) streaming(desc *grpc.StreamDesc, length time.Duration, f func(grpc.ClientStream, context.CancelFunc) error) error {
	ctx, cancel := c.within(length)
	defer cancel()
	stream, err := c.conn.NewStream(ctx, desc, service+desc.StreamName)
	if err != nil {
		return err
	}
	return f(stream, cancel)
}

func receive(stream grpc.ClientStream, size int32) error {
	reply := new(outputResponse)
	if err := stream.RecvMsg(reply); err != nil {
		return err
	}
	return sized(reply.Payload, size)
}

func ended(stream grpc.ClientStream) error {
	if err := stream.RecvMsg(new(outputResponse)); err != io.EOF {
		return fmt.Errorf("%v, not the end", err)
	}
	return nil
}

func (c cases) upload(parts ...*inputRequest) (int32, error) {
	reply := new(inputResponse)
	err := c.streaming(up, longest, func(stream grpc.ClientStream, _ context.CancelFunc) error {
		for _, part := range parts {
			if err := stream.SendMsg(part); err != nil && err != io.EOF {
				return err
			}
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		return stream.RecvMsg(reply)
	})
	return reply.Sum, err
}

func (c cases) emptyUnary() error {
	ctx, cancel := c.within(longest)
	defer cancel()
	return c.conn.Invoke(ctx, service+"EmptyCall", new(empty), new(empty))
}

func (c cases) largeUnary() error {
	_, err := c.unary(large())
	return err
}

func (c cases) clientStreaming() error {
	var parts []*inputRequest
	for _, size := range requests {
		parts = append(parts, &inputRequest{Payload: zeros(size)})
	}
	sum, err := c.upload(parts...)
	if err == nil && sum != 74922 {
		err = fmt.Errorf("the sum is %d", sum)
	}
	return err
}

func (c cases) serverStreaming() error {
	return c.streaming(down, longest, func(stream grpc.ClientStream, _ context.CancelFunc) error {
		request := new(outputRequest)
		for _, size := range responses {
			request.Wishes = append(request.Wishes, &wish{Size: size})
		}
		if err := stream.SendMsg(request); err != nil {
			return err
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		for _, size := range responses {
			if err := receive(stream, size); err != nil {
				return err
			}
		}
		return ended(stream)
	})
}

func (c cases) pingPong() error {
	return c.streaming(both, longest, func(stream grpc.ClientStream, _ context.CancelFunc) error {
		for at, size := range responses {
			if err := stream.SendMsg(turn(requests[at], size)); err != nil {
				return err
			}
			if err := receive(stream, size); err != nil {
				return err
			}
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		return ended(stream)
	})
}

func (c cases) emptyStream() error {
	return c.streaming(both, longest, func(stream grpc.ClientStream, _ context.CancelFunc) error {
		if err := stream.CloseSend(); err != nil {
			return err
		}
		return ended(stream)
	})
}

func checkEchoes(head, trailers metadata.MD) error {
	if got := head[echoInitial]; len(got) != 1 || got[0] != "test_initial_metadata_value" {
		return fmt.Errorf("initial: %q", got)
	}
	if got := trailers[echoTrailing]; len(got) != 1 || got[0] != "\xab\xab\xab" {
		return fmt.Errorf("trailing: %q", got)
	}
	return nil
}

func (c cases) customMetadata() error {
	ctx, cancel := c.within(longest)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, echoInitial, "test_initial_metadata_value", echoTrailing, "\xab\xab\xab")
	var head, trailers metadata.MD
	reply := new(simpleResponse)
	err := c.conn.Invoke(ctx, service+"UnaryCall", large(), reply, grpc.Header(&head), grpc.Trailer(&trailers))
	if err != nil {
		return err
	}
	if err := checkEchoes(head, trailers); err != nil {
		return err
	}
	stream, err := c.conn.NewStream(ctx, both, service+both.StreamName)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(turn(largeRequest, largeResponse)); err != nil {
		return err
	}
	if head, err = stream.Header(); err != nil {
		return err
	}
	if err := receive(stream, largeResponse); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if err := ended(stream); err != nil {
		return err
	}
	return checkEchoes(head, stream.Trailer())
}

func (c cases) statusCodeAndMessage() error {
	const text = "test status message"
	wish := &echoStatus{Code: 2, Message: text}
	_, err := c.unary(&simpleRequest{ResponseStatus: wish})
	if err := endedWith(err, codes.Unknown, text); err != nil {
		return err
	}
	return c.streaming(both, longest, func(stream grpc.ClientStream, _ context.CancelFunc) error {
		if err := stream.SendMsg(&outputRequest{ResponseStatus: wish}); err != nil {
			return err
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		return endedWith(stream.RecvMsg(new(outputResponse)), codes.Unknown, text)
	})
}

func (c cases) specialStatusMessage() error {
	_, err := c.unary(&simpleRequest{ResponseStatus: &echoStatus{Code: 2, Message: special}})
	return endedWith(err, codes.Unknown, special)
}

func (c cases) unimplemented(method string) error {
	ctx, cancel := c.within(longest)
	defer cancel()
	return endedWith(c.conn.Invoke(ctx, method, new(empty), new(empty)), codes.Unimplemented, "")
}

func (c cases) cancelAfterBegin() error {
	return c.streaming(up, longest, func(stream grpc.ClientStream, cancel context.CancelFunc) error {
		cancel()
		return endedWith(stream.RecvMsg(new(inputResponse)), codes.Canceled, "")
	})
}

func (c cases) cancelAfterFirstResponse() error {
	return c.streaming(both, longest, func(stream grpc.ClientStream, cancel context.CancelFunc) error {
		if err := stream.SendMsg(turn(27182, 31415)); err != nil {
			return err
		}
		if err := receive(stream, 31415); err != nil {
			return err
		}
		cancel()
		return endedWith(stream.RecvMsg(new(outputResponse)), codes.Canceled, "")
	})
}

func (c cases) timeoutOnSleepingServer() error {
	if err := c.emptyUnary(); err != nil {
		return err
	}
	err := c.streaming(both, time.Millisecond, func(stream grpc.ClientStream, _ context.CancelFunc) error {
		if err := stream.SendMsg(&outputRequest{Payload: zeros(27182)}); err != nil && err != io.EOF {
			return err
		}
		return stream.RecvMsg(new(outputResponse))
	})
	return endedWith(err, codes.DeadlineExceeded, "")
}

func (c cases) clientCompressedUnary() error {
	call := func(said bool, options ...grpc.CallOption) error {
		request := large()
		request.ExpectCompressed = &boolValue{Value: said}
		_, err := c.unary(request, options...)
		return err
	}
	if err := endedWith(call(true), codes.InvalidArgument, ""); err != nil {
		return err
	}
	if err := call(true, grpc.UseCompressor("gzip")); err != nil {
		return err
	}
	return call(false)
}

func (c cases) serverCompressedUnary() error {
	for _, want := range []bool{true, false} {
		request := large()
		request.ResponseCompressed = &boolValue{Value: want}
		got, err := c.unary(request)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("compressed: %v, not %v", got, want)
		}
	}
	return nil
}

func (c cases) serverCompressedStreaming() error {
	return c.streaming(down, longest, func(stream grpc.ClientStream, _ context.CancelFunc) error {
		request := &outputRequest{Wishes: []*wish{
			{Size: 31415, Compressed: &boolValue{Value: true}},
			{Size: 92653, Compressed: &boolValue{}},
		}}
		if err := stream.SendMsg(request); err != nil {
			return err
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		for _, wish := range request.Wishes {
			if err := receive(stream, wish.Size); err != nil {
				return err
			}
			if got := packed(stream.Context()); got != wish.Compressed.Value {
				return fmt.Errorf("compressed: %v, not %v", got, wish.Compressed.Value)
			}
		}
		return ended(stream)
	})
}

func (c cases) concurrentLargeUnary() error {
	var waiting sync.WaitGroup
	failures := make(chan error, 100)
	for i := 0; i < cap(failures); i++ {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			if err := c.largeUnary(); err != nil {
				failures <- err
			}
		}()
	}
	waiting.Wait()
	close(failures)
	return <-failures
}

func (c cases) rpcSoak() error {
	for i := 0; i < 10; i++ {
		if err := c.largeUnary(); err != nil {
			return err
		}
	}
	return nil
}

func (c cases) run(name string) error {
	switch name {
	case "empty_unary":
		return c.emptyUnary()
	case "large_unary":
		return c.largeUnary()
	case "client_streaming":
		return c.clientStreaming()
	case "server_streaming":
		return c.serverStreaming()
	case "ping_pong":
		return c.pingPong()
	case "empty_stream":
		return c.emptyStream()
	case "custom_metadata":
		return c.customMetadata()
	case "status_code_and_message":
		return c.statusCodeAndMessage()
	case "special_status_message":
		return c.specialStatusMessage()
	case "unimplemented_method":
		return c.unimplemented(service + "UnimplementedCall")
	case "unimplemented_service":
		return c.unimplemented("/grpc.testing.UnimplementedService/UnimplementedCall")
	case "cancel_after_begin":
		return c.cancelAfterBegin()
	case "cancel_after_first_response":
		return c.cancelAfterFirstResponse()
	case "timeout_on_sleeping_server":
		return c.timeoutOnSleepingServer()
	case "client_compressed_unary":
		return c.clientCompressedUnary()
	case "client_compressed_streaming":
		return lack("a client compresses all messages of a call or none")
	case "server_compressed_unary":
		return c.serverCompressedUnary()
	case "server_compressed_streaming":
		return c.serverCompressedStreaming()
	case "concurrent_large_unary":
		return c.concurrentLargeUnary()
	case "rpc_soak":
		return c.rpcSoak()
	}
	return fmt.Errorf("there is no test case %q", name)
}

func client() {
	host := flag.String("server_host", "localhost", "the server")
	port := flag.Int("server_port", 10000, "its port")
	name := flag.String("server_host_override", "", "the name of its certificate")
	list := flag.String("test_case", "large_unary", "cases, separated by commas")
	useTLS := flag.Bool("use_tls", false, "TLS")
	flag.Bool("use_test_ca", false, "trust the test's root")
	ca := flag.String("ca_file", "", "roots to trust")
	flag.Parse()
	options := []grpc.DialOption{grpc.WithStatsHandler(packing{})}
	if *useTLS {
		tls, err := credentials.NewClientTLSFromFile(*ca, *name)
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, grpc.WithTransportCredentials(tls))
	} else {
		options = append(options, grpc.WithInsecure())
	}
	target := *host
	if *port != 0 {
		target = fmt.Sprintf("%s:%d", *host, *port)
	}
	conn, err := grpc.Dial(target, options...)
	if err != nil {
		log.Fatal(err)
	}
	failed := false
	for _, name := range strings.Split(*list, ",") {
		err := cases{conn}.run(name)
		var lacks lack
		switch {
		case err == nil:
			fmt.Println("PASS", name)
		case errors.As(err, &lacks):
			fmt.Printf("LACK %s: %v\n", name, err)
		default:
			fmt.Printf("FAIL %s: %s\n", name, strings.Join(strings.Fields(err.Error()), " "))
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
