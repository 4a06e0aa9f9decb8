// grpc.testing.BenchmarkService/UnaryCall on gRPC-Go, on one thread of Go's: server PORT.
package main

import (
	"context"
	"net"
	"os"
	"runtime"

	"google.golang.org/grpc"
	pb "google.golang.org/grpc/test/grpc_testing"
)

type bench struct{}

func unaryCall(_ context.Context, in *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return &pb.SimpleResponse{Payload: &pb.Payload{Body: make([]byte, in.GetResponseSize())}}, nil
}

// As generated code has it.
func handler(_ interface{}, ctx context.Context, dec func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
	in := new(pb.SimpleRequest)
	if err := dec(in); err != nil {
		return nil, err
	}
	return unaryCall(ctx, in)
}

var desc = grpc.ServiceDesc{
	ServiceName: "grpc.testing.BenchmarkService",
	HandlerType: (*interface{})(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "UnaryCall", Handler: handler}},
}

func main() {
	runtime.GOMAXPROCS(1)
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	server.RegisterService(&desc, &bench{})
	if err := server.Serve(listener); err != nil {
		panic(err)
	}
}
