// Written by bywash-build. Changes are lost when it runs again.

/// Nothing at all. Not google.protobuf.Empty, which some languages map to types of their own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Empty {}

/// A boolean that can be absent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct BoolValue {
    /// The boolean.
    #[prost(bool, tag = "1")]
    pub value: bool,
}

/// Bytes that make a message as large as wanted.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Payload {
    /// What the bytes are.
    #[prost(enumeration = "PayloadType", tag = "1")]
    pub r#type: i32,
    /// The bytes.
    #[prost(bytes = "bytes", tag = "2")]
    pub body: ::prost::bytes::Bytes,
}

/// A status that the server shall end the call with.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct EchoStatus {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: ::prost::alloc::string::String,
}

/// The request of the unary tests.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SimpleRequest {
    /// What the response's payload is to be made of.
    #[prost(enumeration = "PayloadType", tag = "1")]
    pub response_type: i32,
    /// The size of the response's payload in bytes.
    #[prost(int32, tag = "2")]
    pub response_size: i32,
    /// A payload that makes this request larger.
    #[prost(message, optional, tag = "3")]
    pub payload: ::core::option::Option<Payload>,
    /// Whether the response says who called.
    #[prost(bool, tag = "4")]
    pub fill_username: bool,
    /// Whether the response says under which scope.
    #[prost(bool, tag = "5")]
    pub fill_oauth_scope: bool,
    /// Whether the response is to be compressed; absent for clients that could not see it.
    #[prost(message, optional, tag = "6")]
    pub response_compressed: ::core::option::Option<BoolValue>,
    /// The status to end with.
    #[prost(message, optional, tag = "7")]
    pub response_status: ::core::option::Option<EchoStatus>,
    /// Whether this request says of itself that it is compressed.
    #[prost(message, optional, tag = "8")]
    pub expect_compressed: ::core::option::Option<BoolValue>,
    /// Whether the response names its server.
    #[prost(bool, tag = "9")]
    pub fill_server_id: bool,
    /// Whether the response says how the request came there.
    #[prost(bool, tag = "10")]
    pub fill_grpclb_route_type: bool,
    /// Load that the server reports in its trailers.
    #[prost(message, optional, tag = "11")]
    pub orca_per_query_report: ::core::option::Option<TestOrcaReport>,
}

/// The response of the unary tests.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct SimpleResponse {
    /// A payload of the wanted size.
    #[prost(message, optional, tag = "1")]
    pub payload: ::core::option::Option<Payload>,
    /// Who called.
    #[prost(string, tag = "2")]
    pub username: ::prost::alloc::string::String,
    /// Under which scope.
    #[prost(string, tag = "3")]
    pub oauth_scope: ::prost::alloc::string::String,
    /// Which server answered.
    #[prost(string, tag = "4")]
    pub server_id: ::prost::alloc::string::String,
    /// How the request came there.
    #[prost(enumeration = "GrpclbRouteType", tag = "5")]
    pub grpclb_route_type: i32,
    /// The host that answered.
    #[prost(string, tag = "6")]
    pub hostname: ::prost::alloc::string::String,
}

/// One message of an upload.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct StreamingInputCallRequest {
    /// Its payload.
    #[prost(message, optional, tag = "1")]
    pub payload: ::core::option::Option<Payload>,
    /// Whether it says of itself that it is compressed.
    #[prost(message, optional, tag = "2")]
    pub expect_compressed: ::core::option::Option<BoolValue>,
}

/// The end of an upload.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct StreamingInputCallResponse {
    /// Bytes of payload received in all.
    #[prost(int32, tag = "1")]
    pub aggregated_payload_size: i32,
}

/// How one response of a stream is to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ResponseParameters {
    /// Its payload's size in bytes.
    #[prost(int32, tag = "1")]
    pub size: i32,
    /// Microseconds to wait before it.
    #[prost(int32, tag = "2")]
    pub interval_us: i32,
    /// Whether it is to be compressed.
    #[prost(message, optional, tag = "3")]
    pub compressed: ::core::option::Option<BoolValue>,
}

/// A request for a stream of responses.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StreamingOutputCallRequest {
    /// What their payloads are to be made of.
    #[prost(enumeration = "PayloadType", tag = "1")]
    pub response_type: i32,
    /// One for each response.
    #[prost(message, repeated, tag = "2")]
    pub response_parameters: ::prost::alloc::vec::Vec<ResponseParameters>,
    /// A payload that makes this request larger.
    #[prost(message, optional, tag = "3")]
    pub payload: ::core::option::Option<Payload>,
    /// The status to end with.
    #[prost(message, optional, tag = "7")]
    pub response_status: ::core::option::Option<EchoStatus>,
    /// Load that the server reports out of band from now on.
    #[prost(message, optional, tag = "8")]
    pub orca_oob_report: ::core::option::Option<TestOrcaReport>,
}

/// One response of a stream.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct StreamingOutputCallResponse {
    /// A payload of the wanted size.
    #[prost(message, optional, tag = "1")]
    pub payload: ::core::option::Option<Payload>,
}

/// How a client means to back off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ReconnectParams {
    #[prost(int32, tag = "1")]
    pub max_reconnect_backoff_ms: i32,
}

/// Whether it did.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ReconnectInfo {
    #[prost(bool, tag = "1")]
    pub passed: bool,
    #[prost(int32, repeated, tag = "2")]
    pub backoff_ms: ::prost::alloc::vec::Vec<i32>,
}

/// Load as a test wants it reported.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TestOrcaReport {
    #[prost(double, tag = "1")]
    pub cpu_utilization: f64,
    #[prost(double, tag = "2")]
    pub memory_utilization: f64,
    #[prost(map = "string, double", tag = "3")]
    pub request_cost: ::std::collections::HashMap<::prost::alloc::string::String, f64>,
    #[prost(map = "string, double", tag = "4")]
    pub utilization: ::std::collections::HashMap<::prost::alloc::string::String, f64>,
}

/// What a payload is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum PayloadType {
    /// Zeros, which compress well.
    Compressable = 0,
}

impl PayloadType {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Compressable => "COMPRESSABLE",
        }
    }

    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "COMPRESSABLE" => Some(Self::Compressable),
            _ => None,
        }
    }
}

/// How a request reached its backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum GrpclbRouteType {
    /// The server cannot tell.
    Unknown = 0,
    /// By a fallback address.
    Fallback = 1,
    /// By an address that the balancer named.
    Backend = 2,
}

impl GrpclbRouteType {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unknown => "GRPCLB_ROUTE_TYPE_UNKNOWN",
            Self::Fallback => "GRPCLB_ROUTE_TYPE_FALLBACK",
            Self::Backend => "GRPCLB_ROUTE_TYPE_BACKEND",
        }
    }

    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "GRPCLB_ROUTE_TYPE_UNKNOWN" => Some(Self::Unknown),
            "GRPCLB_ROUTE_TYPE_FALLBACK" => Some(Self::Fallback),
            "GRPCLB_ROUTE_TYPE_BACKEND" => Some(Self::Backend),
            _ => None,
        }
    }
}

/// Keys, trait, server and client of the service `grpc.testing.TestService`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod test_service {
    use super::{
        Empty, SimpleRequest, SimpleResponse, StreamingInputCallRequest,
        StreamingInputCallResponse, StreamingOutputCallRequest, StreamingOutputCallResponse,
    };
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Bidi, ClientStreaming, Method, ServerStreaming, Unary};
    use ::bywash_grpc::server::{Receiver, Sender, Service};
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "grpc.testing.TestService";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `EmptyCall`, unary.
    pub const EMPTY_CALL: Method<Tag, Unary, Empty, Empty> =
        Method::new("/grpc.testing.TestService/EmptyCall", &Prost, &Prost);

    /// The key of `UnaryCall`, unary.
    pub const UNARY_CALL: Method<Tag, Unary, SimpleRequest, SimpleResponse> =
        Method::new("/grpc.testing.TestService/UnaryCall", &Prost, &Prost);

    /// The key of `CacheableUnaryCall`, unary.
    pub const CACHEABLE_UNARY_CALL: Method<Tag, Unary, SimpleRequest, SimpleResponse> = Method::new(
        "/grpc.testing.TestService/CacheableUnaryCall",
        &Prost,
        &Prost,
    );

    /// The key of `StreamingOutputCall`, server streaming.
    pub const STREAMING_OUTPUT_CALL: Method<
        Tag,
        ServerStreaming,
        StreamingOutputCallRequest,
        StreamingOutputCallResponse,
    > = Method::new(
        "/grpc.testing.TestService/StreamingOutputCall",
        &Prost,
        &Prost,
    );

    /// The key of `StreamingInputCall`, client streaming.
    pub const STREAMING_INPUT_CALL: Method<
        Tag,
        ClientStreaming,
        StreamingInputCallRequest,
        StreamingInputCallResponse,
    > = Method::new(
        "/grpc.testing.TestService/StreamingInputCall",
        &Prost,
        &Prost,
    );

    /// The key of `FullDuplexCall`, bidirectional streaming.
    pub const FULL_DUPLEX_CALL: Method<
        Tag,
        Bidi,
        StreamingOutputCallRequest,
        StreamingOutputCallResponse,
    > = Method::new("/grpc.testing.TestService/FullDuplexCall", &Prost, &Prost);

    /// The key of `HalfDuplexCall`, bidirectional streaming.
    pub const HALF_DUPLEX_CALL: Method<
        Tag,
        Bidi,
        StreamingOutputCallRequest,
        StreamingOutputCallResponse,
    > = Method::new("/grpc.testing.TestService/HalfDuplexCall", &Prost, &Prost);

    /// The key of `UnimplementedCall`, unary.
    pub const UNIMPLEMENTED_CALL: Method<Tag, Unary, Empty, Empty> = Method::new(
        "/grpc.testing.TestService/UnimplementedCall",
        &Prost,
        &Prost,
    );

    /// Every kind of call with every shape of message.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait TestService: Send + Sync + 'static {
        /// Nothing for nothing.
        fn empty_call(&self, cx: &Ctx, request: Empty) -> Result<Empty, Status> {
            Err(Status::unimplemented(EMPTY_CALL.path))
        }

        /// A payload for a payload.
        fn unary_call(&self, cx: &Ctx, request: SimpleRequest) -> Result<SimpleResponse, Status> {
            Err(Status::unimplemented(UNARY_CALL.path))
        }

        /// As UnaryCall, but a cache may answer instead.
        fn cacheable_unary_call(
            &self,
            cx: &Ctx,
            request: SimpleRequest,
        ) -> Result<SimpleResponse, Status> {
            Err(Status::unimplemented(CACHEABLE_UNARY_CALL.path))
        }

        /// Payloads of the sizes that the request asks for.
        fn streaming_output_call(
            &self,
            cx: &Ctx,
            request: StreamingOutputCallRequest,
            responses: Sender<StreamingOutputCallResponse>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(STREAMING_OUTPUT_CALL.path))
        }

        /// The size of all payloads that were sent.
        fn streaming_input_call(
            &self,
            cx: &Ctx,
            requests: Receiver<StreamingInputCallRequest>,
        ) -> Result<StreamingInputCallResponse, Status> {
            Err(Status::unimplemented(STREAMING_INPUT_CALL.path))
        }

        /// Answers each request as it comes.
        fn full_duplex_call(
            &self,
            cx: &Ctx,
            requests: Receiver<StreamingOutputCallRequest>,
            responses: Sender<StreamingOutputCallResponse>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(FULL_DUPLEX_CALL.path))
        }

        /// Answers all requests once the last has come.
        fn half_duplex_call(
            &self,
            cx: &Ctx,
            requests: Receiver<StreamingOutputCallRequest>,
            responses: Sender<StreamingOutputCallResponse>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(HALF_DUPLEX_CALL.path))
        }

        /// No server has this method.
        fn unimplemented_call(&self, cx: &Ctx, request: Empty) -> Result<Empty, Status> {
            Err(Status::unimplemented(UNIMPLEMENTED_CALL.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn TestService>) -> Service<Tag> {
        let empty_call = Arc::clone(&app);
        let unary_call = Arc::clone(&app);
        let cacheable_unary_call = Arc::clone(&app);
        let streaming_output_call = Arc::clone(&app);
        let streaming_input_call = Arc::clone(&app);
        let full_duplex_call = Arc::clone(&app);
        let half_duplex_call = Arc::clone(&app);
        let unimplemented_call = app;
        Service::new(NAME)
            .unary(EMPTY_CALL, move |cx, request| {
                empty_call.empty_call(cx, request)
            })
            .unary(UNARY_CALL, move |cx, request| {
                unary_call.unary_call(cx, request)
            })
            .unary(CACHEABLE_UNARY_CALL, move |cx, request| {
                cacheable_unary_call.cacheable_unary_call(cx, request)
            })
            .server_streaming(STREAMING_OUTPUT_CALL, move |cx, request, responses| {
                streaming_output_call.streaming_output_call(cx, request, responses)
            })
            .client_streaming(STREAMING_INPUT_CALL, move |cx, requests| {
                streaming_input_call.streaming_input_call(cx, requests)
            })
            .bidi(FULL_DUPLEX_CALL, move |cx, requests, responses| {
                full_duplex_call.full_duplex_call(cx, requests, responses)
            })
            .bidi(HALF_DUPLEX_CALL, move |cx, requests, responses| {
                half_duplex_call.half_duplex_call(cx, requests, responses)
            })
            .unary(UNIMPLEMENTED_CALL, move |cx, request| {
                unimplemented_call.unimplemented_call(cx, request)
            })
    }

    /// Calls `grpc.testing.TestService`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Nothing for nothing.
        pub fn empty_call<'a>(&'a self, request: &'a Empty) -> Call<'a, Unary, Empty, Empty> {
            self.0.call(EMPTY_CALL, Some(request))
        }

        /// A payload for a payload.
        pub fn unary_call<'a>(
            &'a self,
            request: &'a SimpleRequest,
        ) -> Call<'a, Unary, SimpleRequest, SimpleResponse> {
            self.0.call(UNARY_CALL, Some(request))
        }

        /// As UnaryCall, but a cache may answer instead.
        pub fn cacheable_unary_call<'a>(
            &'a self,
            request: &'a SimpleRequest,
        ) -> Call<'a, Unary, SimpleRequest, SimpleResponse> {
            self.0.call(CACHEABLE_UNARY_CALL, Some(request))
        }

        /// Payloads of the sizes that the request asks for.
        pub fn streaming_output_call<'a>(
            &'a self,
            request: &'a StreamingOutputCallRequest,
        ) -> Call<'a, ServerStreaming, StreamingOutputCallRequest, StreamingOutputCallResponse>
        {
            self.0.call(STREAMING_OUTPUT_CALL, Some(request))
        }

        /// The size of all payloads that were sent.
        pub fn streaming_input_call(
            &self,
        ) -> Call<'_, ClientStreaming, StreamingInputCallRequest, StreamingInputCallResponse>
        {
            self.0.call(STREAMING_INPUT_CALL, None)
        }

        /// Answers each request as it comes.
        pub fn full_duplex_call(
            &self,
        ) -> Call<'_, Bidi, StreamingOutputCallRequest, StreamingOutputCallResponse> {
            self.0.call(FULL_DUPLEX_CALL, None)
        }

        /// Answers all requests once the last has come.
        pub fn half_duplex_call(
            &self,
        ) -> Call<'_, Bidi, StreamingOutputCallRequest, StreamingOutputCallResponse> {
            self.0.call(HALF_DUPLEX_CALL, None)
        }

        /// No server has this method.
        pub fn unimplemented_call<'a>(
            &'a self,
            request: &'a Empty,
        ) -> Call<'a, Unary, Empty, Empty> {
            self.0.call(UNIMPLEMENTED_CALL, Some(request))
        }
    }
}

/// Keys, trait, server and client of the service `grpc.testing.UnimplementedService`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod unimplemented_service {
    use super::Empty;
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Method, Unary};
    use ::bywash_grpc::server::Service;
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "grpc.testing.UnimplementedService";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `UnimplementedCall`, unary.
    pub const UNIMPLEMENTED_CALL: Method<Tag, Unary, Empty, Empty> = Method::new(
        "/grpc.testing.UnimplementedService/UnimplementedCall",
        &Prost,
        &Prost,
    );

    /// No server has this service.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait UnimplementedService: Send + Sync + 'static {
        /// Nor, then, this method.
        fn unimplemented_call(&self, cx: &Ctx, request: Empty) -> Result<Empty, Status> {
            Err(Status::unimplemented(UNIMPLEMENTED_CALL.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn UnimplementedService>) -> Service<Tag> {
        let unimplemented_call = app;
        Service::new(NAME).unary(UNIMPLEMENTED_CALL, move |cx, request| {
            unimplemented_call.unimplemented_call(cx, request)
        })
    }

    /// Calls `grpc.testing.UnimplementedService`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Nor, then, this method.
        pub fn unimplemented_call<'a>(
            &'a self,
            request: &'a Empty,
        ) -> Call<'a, Unary, Empty, Empty> {
            self.0.call(UNIMPLEMENTED_CALL, Some(request))
        }
    }
}

/// Keys, trait, server and client of the service `grpc.testing.ReconnectService`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod reconnect_service {
    use super::{Empty, ReconnectInfo, ReconnectParams};
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Method, Unary};
    use ::bywash_grpc::server::Service;
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "grpc.testing.ReconnectService";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `Start`, unary.
    pub const START: Method<Tag, Unary, ReconnectParams, Empty> =
        Method::new("/grpc.testing.ReconnectService/Start", &Prost, &Prost);

    /// The key of `Stop`, unary.
    pub const STOP: Method<Tag, Unary, Empty, ReconnectInfo> =
        Method::new("/grpc.testing.ReconnectService/Stop", &Prost, &Prost);

    /// Tells clients how they reconnected.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait ReconnectService: Send + Sync + 'static {
        /// Begins to watch.
        fn start(&self, cx: &Ctx, request: ReconnectParams) -> Result<Empty, Status> {
            Err(Status::unimplemented(START.path))
        }

        /// Ends it and tells.
        fn stop(&self, cx: &Ctx, request: Empty) -> Result<ReconnectInfo, Status> {
            Err(Status::unimplemented(STOP.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn ReconnectService>) -> Service<Tag> {
        let start = Arc::clone(&app);
        let stop = app;
        Service::new(NAME)
            .unary(START, move |cx, request| start.start(cx, request))
            .unary(STOP, move |cx, request| stop.stop(cx, request))
    }

    /// Calls `grpc.testing.ReconnectService`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Begins to watch.
        pub fn start<'a>(
            &'a self,
            request: &'a ReconnectParams,
        ) -> Call<'a, Unary, ReconnectParams, Empty> {
            self.0.call(START, Some(request))
        }

        /// Ends it and tells.
        pub fn stop<'a>(&'a self, request: &'a Empty) -> Call<'a, Unary, Empty, ReconnectInfo> {
            self.0.call(STOP, Some(request))
        }
    }
}
