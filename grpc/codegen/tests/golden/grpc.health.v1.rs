// Written by bywash-build. Changes are lost when it runs again.

/// A question about one service, or about the whole server if the name is empty.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    pub service: ::prost::alloc::string::String,
}

/// The answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct HealthCheckResponse {
    #[prost(enumeration = "health_check_response::ServingStatus", tag = "1")]
    pub status: i32,
}

/// Nested message and enum types in `HealthCheckResponse`.
pub mod health_check_response {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum ServingStatus {
        Unknown = 0,
        Serving = 1,
        NotServing = 2,
        /// Sent by Watch alone.
        ServiceUnknown = 3,
    }

    impl ServingStatus {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unknown => "UNKNOWN",
                Self::Serving => "SERVING",
                Self::NotServing => "NOT_SERVING",
                Self::ServiceUnknown => "SERVICE_UNKNOWN",
            }
        }

        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "SERVING" => Some(Self::Serving),
                "NOT_SERVING" => Some(Self::NotServing),
                "SERVICE_UNKNOWN" => Some(Self::ServiceUnknown),
                _ => None,
            }
        }
    }
}

/// A question about all services.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct HealthListRequest {}

/// The answer.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct HealthListResponse {
    /// By the services' names.
    #[prost(map = "string, message", tag = "1")]
    pub statuses: ::std::collections::HashMap<::prost::alloc::string::String, HealthCheckResponse>,
}

/// Keys, trait, server and client of the service `grpc.health.v1.Health`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod health {
    use super::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse};
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Method, ServerStreaming, Unary};
    use ::bywash_grpc::server::{Sender, Service};
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "grpc.health.v1.Health";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `Check`, unary.
    pub const CHECK: Method<Tag, Unary, HealthCheckRequest, HealthCheckResponse> =
        Method::new("/grpc.health.v1.Health/Check", &Prost, &Prost);

    /// The key of `List`, unary.
    pub const LIST: Method<Tag, Unary, HealthListRequest, HealthListResponse> =
        Method::new("/grpc.health.v1.Health/List", &Prost, &Prost);

    /// The key of `Watch`, server streaming.
    pub const WATCH: Method<Tag, ServerStreaming, HealthCheckRequest, HealthCheckResponse> =
        Method::new("/grpc.health.v1.Health/Watch", &Prost, &Prost);

    /// Tells whether a server can do its work, see
    /// <https://github.com/grpc/grpc/blob/master/doc/health-checking.md.>
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait Health: Send + Sync + 'static {
        /// Answers once. A service that is not known is NOT_FOUND.
        fn check(
            &self,
            cx: &Ctx,
            request: HealthCheckRequest,
        ) -> Result<HealthCheckResponse, Status> {
            Err(Status::unimplemented(CHECK.path))
        }

        /// Answers for all services, though not all at the same instant.
        fn list(&self, cx: &Ctx, request: HealthListRequest) -> Result<HealthListResponse, Status> {
            Err(Status::unimplemented(LIST.path))
        }

        /// Answers at once and whenever the answer changes.
        ///
        /// A service that is not known is SERVICE_UNKNOWN, and may become known.
        fn watch(
            &self,
            cx: &Ctx,
            request: HealthCheckRequest,
            responses: Sender<HealthCheckResponse>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(WATCH.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn Health>) -> Service<Tag> {
        let check = Arc::clone(&app);
        let list = Arc::clone(&app);
        let watch = app;
        Service::new(NAME)
            .unary(CHECK, move |cx, request| check.check(cx, request))
            .unary(LIST, move |cx, request| list.list(cx, request))
            .server_streaming(WATCH, move |cx, request, responses| {
                watch.watch(cx, request, responses)
            })
    }

    /// Calls `grpc.health.v1.Health`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Answers once. A service that is not known is NOT_FOUND.
        pub fn check<'a>(
            &'a self,
            request: &'a HealthCheckRequest,
        ) -> Call<'a, Unary, HealthCheckRequest, HealthCheckResponse> {
            self.0.call(CHECK, Some(request))
        }

        /// Answers for all services, though not all at the same instant.
        pub fn list<'a>(
            &'a self,
            request: &'a HealthListRequest,
        ) -> Call<'a, Unary, HealthListRequest, HealthListResponse> {
            self.0.call(LIST, Some(request))
        }

        /// Answers at once and whenever the answer changes.
        ///
        /// A service that is not known is SERVICE_UNKNOWN, and may become known.
        pub fn watch<'a>(
            &'a self,
            request: &'a HealthCheckRequest,
        ) -> Call<'a, ServerStreaming, HealthCheckRequest, HealthCheckResponse> {
            self.0.call(WATCH, Some(request))
        }
    }
}
