// Client and server of gRPC's interoperability tests on gRPC-Go.
//
// Debian's package of gRPC-Go has the library alone, so these programs are written against it, with the messages of
// grpc.testing by hand. The name that the program is called by chooses: client or server.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/golang/protobuf/proto"
	"google.golang.org/grpc/stats"
)

const (
	echoInitial  = "x-grpc-test-echo-initial"
	echoTrailing = "x-grpc-test-echo-trailing-bin"
	service      = "/grpc.testing.TestService/"
)

type empty struct{}

type boolValue struct {
	Value bool `protobuf:"varint,1,opt,name=value,proto3"`
}

type payload struct {
	Type int32  `protobuf:"varint,1,opt,name=type,proto3"`
	Body []byte `protobuf:"bytes,2,opt,name=body,proto3"`
}

type echoStatus struct {
	Code    int32  `protobuf:"varint,1,opt,name=code,proto3"`
	Message string `protobuf:"bytes,2,opt,name=message,proto3"`
}

type simpleRequest struct {
	ResponseType       int32       `protobuf:"varint,1,opt,name=response_type,proto3"`
	ResponseSize       int32       `protobuf:"varint,2,opt,name=response_size,proto3"`
	Payload            *payload    `protobuf:"bytes,3,opt,name=payload,proto3"`
	ResponseCompressed *boolValue  `protobuf:"bytes,6,opt,name=response_compressed,proto3"`
	ResponseStatus     *echoStatus `protobuf:"bytes,7,opt,name=response_status,proto3"`
	ExpectCompressed   *boolValue  `protobuf:"bytes,8,opt,name=expect_compressed,proto3"`
}

type simpleResponse struct {
	Payload *payload `protobuf:"bytes,1,opt,name=payload,proto3"`
}

type inputRequest struct {
	Payload          *payload   `protobuf:"bytes,1,opt,name=payload,proto3"`
	ExpectCompressed *boolValue `protobuf:"bytes,2,opt,name=expect_compressed,proto3"`
}

type inputResponse struct {
	Sum int32 `protobuf:"varint,1,opt,name=aggregated_payload_size,proto3"`
}

type wish struct {
	Size       int32      `protobuf:"varint,1,opt,name=size,proto3"`
	IntervalUs int32      `protobuf:"varint,2,opt,name=interval_us,proto3"`
	Compressed *boolValue `protobuf:"bytes,3,opt,name=compressed,proto3"`
}

type outputRequest struct {
	ResponseType   int32       `protobuf:"varint,1,opt,name=response_type,proto3"`
	Wishes         []*wish     `protobuf:"bytes,2,rep,name=response_parameters,proto3"`
	Payload        *payload    `protobuf:"bytes,3,opt,name=payload,proto3"`
	ResponseStatus *echoStatus `protobuf:"bytes,7,opt,name=response_status,proto3"`
}

type outputResponse struct {
	Payload *payload `protobuf:"bytes,1,opt,name=payload,proto3"`
}

func (m *empty) Reset()          { *m = empty{} }
func (m *boolValue) Reset()      { *m = boolValue{} }
func (m *payload) Reset()        { *m = payload{} }
func (m *echoStatus) Reset()     { *m = echoStatus{} }
func (m *simpleRequest) Reset()  { *m = simpleRequest{} }
func (m *simpleResponse) Reset() { *m = simpleResponse{} }
func (m *inputRequest) Reset()   { *m = inputRequest{} }
func (m *inputResponse) Reset()  { *m = inputResponse{} }
func (m *wish) Reset()           { *m = wish{} }
func (m *outputRequest) Reset()  { *m = outputRequest{} }
func (m *outputResponse) Reset() { *m = outputResponse{} }

func (m *empty) String() string          { return proto.CompactTextString(m) }
func (m *boolValue) String() string      { return proto.CompactTextString(m) }
func (m *payload) String() string        { return proto.CompactTextString(m) }
func (m *echoStatus) String() string     { return proto.CompactTextString(m) }
func (m *simpleRequest) String() string  { return proto.CompactTextString(m) }
func (m *simpleResponse) String() string { return proto.CompactTextString(m) }
func (m *inputRequest) String() string   { return proto.CompactTextString(m) }
func (m *inputResponse) String() string  { return proto.CompactTextString(m) }
func (m *wish) String() string           { return proto.CompactTextString(m) }
func (m *outputRequest) String() string  { return proto.CompactTextString(m) }
func (m *outputResponse) String() string { return proto.CompactTextString(m) }

func (*empty) ProtoMessage()          {}
func (*boolValue) ProtoMessage()      {}
func (*payload) ProtoMessage()        {}
func (*echoStatus) ProtoMessage()     {}
func (*simpleRequest) ProtoMessage()  {}
func (*simpleResponse) ProtoMessage() {}
func (*inputRequest) ProtoMessage()   {}
func (*inputResponse) ProtoMessage()  {}
func (*wish) ProtoMessage()           {}
func (*outputRequest) ProtoMessage()  {}
func (*outputResponse) ProtoMessage() {}

func zeros(size int32) *payload { return &payload{Body: make([]byte, size)} }

// size of the payload's body, 0 without one.
func (m *payload) size() int32 {
	if m == nil {
		return 0
	}
	return int32(len(m.Body))
}

type packedKey struct{}

// packing notes of each call whether its last message came compressed: the library tells handlers and callers only
// the sizes, through this.
type packing struct{}

func (packing) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	if ctx.Value(packedKey{}) != nil {
		return ctx
	}
	return context.WithValue(ctx, packedKey{}, new(int32))
}

func (packing) HandleRPC(ctx context.Context, event stats.RPCStats) {
	if in, ok := event.(*stats.InPayload); ok {
		note, _ := ctx.Value(packedKey{}).(*int32)
		var packed int32
		// On the wire a message has five octets of prefix.
		if in.WireLength != in.Length+5 {
			packed = 1
		}
		atomic.StoreInt32(note, packed)
	}
}

func (packing) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (packing) HandleConn(context.Context, stats.ConnStats)                       {}

// packed tells whether the last message that came in this call was compressed.
func packed(ctx context.Context) bool {
	note, _ := ctx.Value(packedKey{}).(*int32)
	return note != nil && atomic.LoadInt32(note) == 1
}

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "client":
		client()
	case "server":
		serve()
	default:
		fmt.Fprintln(os.Stderr, "call it client or server, not", name)
		os.Exit(2)
	}
}
