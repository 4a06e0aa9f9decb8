// Written by bywash-build. Changes are lost when it runs again.

#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Request {
    #[prost(oneof = "request::Choice", tags = "1, 2")]
    pub choice: ::core::option::Option<request::Choice>,
}

/// Nested message and enum types in `Request`.
pub mod request {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Nested {
        #[prost(bytes = "vec", tag = "1")]
        pub body: ::prost::alloc::vec::Vec<u8>,
    }

    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Choice {
        #[prost(message, tag = "1")]
        Nested(Nested),
        #[prost(string, tag = "2")]
        Text(::prost::alloc::string::String),
    }
}

/// Goes by the name of something each service's module has itself.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Status {
    #[prost(string, tag = "1")]
    pub text: ::prost::alloc::string::String,
}

/// So does this.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Result {
    #[prost(message, optional, tag = "1")]
    pub inner: ::core::option::Option<Recursive>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Recursive {
    #[prost(message, optional, boxed, tag = "1")]
    pub next: ::core::option::Option<::prost::alloc::boxed::Box<Recursive>>,
    #[prost(string, tag = "2")]
    pub r#type: ::prost::alloc::string::String,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Method {}

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Arc {}

/// A message and a service that are equal in Rust.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct FooBar {
    #[prost(enumeration = "foo_bar::Color", tag = "1")]
    pub color: i32,
}

/// Nested message and enum types in `FooBar`.
pub mod foo_bar {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum Color {
        Unspecified = 0,
        Red = 1,
    }

    impl Color {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unspecified => "COLOR_UNSPECIFIED",
                Self::Red => "COLOR_RED",
            }
        }

        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "COLOR_UNSPECIFIED" => Some(Self::Unspecified),
                "COLOR_RED" => Some(Self::Red),
                _ => None,
            }
        }
    }
}

/// Keys, trait, server and client of the service `quirks.foo_bar`.
///
/// Named `foo_bar` in the protocol; `_` is added because `foo_bar` is the module of a message or package.
#[allow(dead_code, deprecated, unused_variables)]
pub mod foo_bar_ {
    use super::FooBar;
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Method, Unary};
    use ::bywash_grpc::server::Service;
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "quirks.foo_bar";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `Get`, unary.
    pub const GET: Method<Tag, Unary, FooBar, super::request::Nested> =
        Method::new("/quirks.foo_bar/Get", &Prost, &Prost);

    /// The methods of the service `quirks.foo_bar`.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    ///
    /// Named `foo_bar` in the protocol; `_` is added because `FooBar` is a message or enum of this package.
    pub trait FooBar_: Send + Sync + 'static {
        /// Serves `Get`, unary.
        fn get(&self, cx: &Ctx, request: FooBar) -> Result<super::request::Nested, Status> {
            Err(Status::unimplemented(GET.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn FooBar_>) -> Service<Tag> {
        let get = app;
        Service::new(NAME).unary(GET, move |cx, request| get.get(cx, request))
    }

    /// Calls `quirks.foo_bar`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Calls `Get`, unary.
        pub fn get<'a>(
            &'a self,
            request: &'a FooBar,
        ) -> Call<'a, Unary, FooBar, super::request::Nested> {
            self.0.call(GET, Some(request))
        }
    }
}

/// Keys, trait, server and client of the service `quirks.Foo_Bar`.
///
/// Named `Foo_Bar` in the protocol; `_` is added because `foo_bar` is the module of a message or package.
#[allow(dead_code, deprecated, unused_variables)]
pub mod foo_bar__ {
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Method, Unary};
    use ::bywash_grpc::server::Service;
    use ::bywash_grpc::status::Status;
    use ::prost_types::Timestamp;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "quirks.Foo_Bar";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `Get`, unary.
    pub const GET: Method<Tag, Unary, super::below::Thing, Timestamp> =
        Method::new("/quirks.Foo_Bar/Get", &Prost, &Prost);

    /// A third one of the same name.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    ///
    /// Named `Foo_Bar` in the protocol; `_` is added because `FooBar` is a message or enum of this package.
    pub trait FooBar_: Send + Sync + 'static {
        /// Serves `Get`, unary.
        fn get(&self, cx: &Ctx, request: super::below::Thing) -> Result<Timestamp, Status> {
            Err(Status::unimplemented(GET.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn FooBar_>) -> Service<Tag> {
        let get = app;
        Service::new(NAME).unary(GET, move |cx, request| get.get(cx, request))
    }

    /// Calls `quirks.Foo_Bar`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Calls `Get`, unary.
        pub fn get<'a>(
            &'a self,
            request: &'a super::below::Thing,
        ) -> Call<'a, Unary, super::below::Thing, Timestamp> {
            self.0.call(GET, Some(request))
        }
    }
}

/// Keys, trait, server and client of the service `quirks.Below`.
///
/// Named `Below` in the protocol; `_` is added because `below` is the module of a message or package.
#[allow(dead_code, deprecated, unused_variables)]
pub mod below_ {
    use ::bywash_grpc::client::Channel;
    use ::bywash_grpc::server::Service;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "quirks.Below";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// Its module would be the package below.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait Below: Send + Sync + 'static {}

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn Below>) -> Service<Tag> {
        Service::new(NAME)
    }

    /// Calls `quirks.Below`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }
    }
}

/// Keys, trait, server and client of the service `quirks.Type`.
///
/// Named `Type` in the protocol; `_` is added because `type` is a keyword.
#[allow(dead_code, deprecated, unused_variables)]
pub mod type_ {
    use super::Request;
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Bidi, Method};
    use ::bywash_grpc::server::{Receiver, Sender, Service};
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "quirks.Type";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `Is`, bidirectional streaming.
    pub const IS: Method<Tag, Bidi, Request, Request> =
        Method::new("/quirks.Type/Is", &Prost, &Prost);

    /// Its module would be a keyword.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait Type: Send + Sync + 'static {
        /// Serves `Is`, bidirectional streaming.
        fn is(
            &self,
            cx: &Ctx,
            requests: Receiver<Request>,
            responses: Sender<Request>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(IS.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn Type>) -> Service<Tag> {
        let is = app;
        Service::new(NAME).bidi(IS, move |cx, requests, responses| {
            is.is(cx, requests, responses)
        })
    }

    /// Calls `quirks.Type`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Calls `Is`, bidirectional streaming.
        pub fn is(&self) -> Call<'_, Bidi, Request, Request> {
            self.0.call(IS, None)
        }
    }
}

/// Keys, trait, server and client of the service `quirks.Client`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod client {
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Method, Unary};
    use ::bywash_grpc::server::Service;
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "quirks.Client";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `Call`, unary.
    pub const CALL: Method<Tag, Unary, super::Status, super::Result> =
        Method::new("/quirks.Client/Call", &Prost, &Prost);

    /// A trait of its own module's client.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    ///
    /// Named `Client` in the protocol; `_` is added because this module has a `Client` of its own.
    pub trait Client_: Send + Sync + 'static {
        /// Serves `Call`, unary.
        fn call(&self, cx: &Ctx, request: super::Status) -> Result<super::Result, Status> {
            Err(Status::unimplemented(CALL.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn Client_>) -> Service<Tag> {
        let call = app;
        Service::new(NAME).unary(CALL, move |cx, request| call.call(cx, request))
    }

    /// Calls `quirks.Client`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Calls `Call`, unary.
        pub fn call<'a>(
            &'a self,
            request: &'a super::Status,
        ) -> Call<'a, Unary, super::Status, super::Result> {
            self.0.call(CALL, Some(request))
        }
    }
}

/// Keys, trait, server and client of the service `quirks.Names`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod names {
    use super::Request;
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Bidi, ClientStreaming, Method, ServerStreaming, Unary};
    use ::bywash_grpc::server::{Receiver, Sender, Service};
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "quirks.Names";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `New`, unary.
    ///
    /// Named `New` in the protocol; `_` is added because `new` makes a client.
    pub const NEW_: Method<Tag, Unary, Request, super::Status> =
        Method::new("/quirks.Names/New", &Prost, &Prost);

    /// The key of `Clone`, unary.
    ///
    /// Named `Clone` in the protocol; `_` is added because every value may have a function `clone`.
    pub const CLONE_: Method<Tag, Unary, Request, super::Result> =
        Method::new("/quirks.Names/Clone", &Prost, &Prost);

    /// The key of `Name`, unary.
    ///
    /// Named `Name` in the protocol; `_` is added because `NAME` is the service's name.
    pub const NAME_: Method<Tag, Unary, Request, super::Method> =
        Method::new("/quirks.Names/Name", &Prost, &Prost);

    /// The key of `Match`, unary.
    ///
    /// Named `Match` in the protocol; `_` is added because `match` is a keyword.
    pub const MATCH_: Method<Tag, Unary, Request, super::Arc> =
        Method::new("/quirks.Names/Match", &Prost, &Prost);

    /// The key of `Self`, unary.
    ///
    /// Named `Self` in the protocol; `_` is added because `self` is a keyword.
    pub const SELF_: Method<Tag, Unary, Request, ()> =
        Method::new("/quirks.Names/Self", &Prost, &Prost);

    /// The key of `GetFoo`, unary.
    pub const GET_FOO: Method<Tag, Unary, (), Request> =
        Method::new("/quirks.Names/GetFoo", &Prost, &Prost);

    /// The key of `getFoo`, client streaming.
    ///
    /// Named `getFoo` in the protocol; `_` is added because `get_foo` is an earlier rpc.
    pub const GET_FOO_: Method<Tag, ClientStreaming, Request, Request> =
        Method::new("/quirks.Names/getFoo", &Prost, &Prost);

    /// The key of `Get_Foo`, server streaming.
    ///
    /// Named `Get_Foo` in the protocol; `_` is added because `get_foo` is an earlier rpc.
    pub const GET_FOO__: Method<Tag, ServerStreaming, Request, Request> =
        Method::new("/quirks.Names/Get_Foo", &Prost, &Prost);

    /// The key of `Into`, unary.
    ///
    /// Named `Into` in the protocol; `_` is added because every value may have a function `into`.
    pub const INTO_: Method<Tag, Unary, Request, Request> =
        Method::new("/quirks.Names/Into", &Prost, &Prost);

    /// The key of `AsRef`, unary.
    ///
    /// Named `AsRef` in the protocol; `_` is added because every value may have a function `as_ref`.
    pub const AS_REF_: Method<Tag, Unary, Request, Request> =
        Method::new("/quirks.Names/AsRef", &Prost, &Prost);

    /// The key of `App`, unary.
    pub const APP: Method<Tag, Unary, Request, Request> =
        Method::new("/quirks.Names/App", &Prost, &Prost).idempotent();

    /// The key of `Cx`, bidirectional streaming.
    pub const CX: Method<Tag, Bidi, Request, Request> =
        Method::new("/quirks.Names/Cx", &Prost, &Prost).idempotent();

    /// The key of `Requests`, bidirectional streaming.
    pub const REQUESTS: Method<Tag, Bidi, Request, Request> =
        Method::new("/quirks.Names/Requests", &Prost, &Prost);

    /// The key of `Responses`, server streaming.
    pub const RESPONSES: Method<Tag, ServerStreaming, Request, Request> =
        Method::new("/quirks.Names/Responses", &Prost, &Prost);

    /// The key of `Request`, unary.
    pub const REQUEST: Method<Tag, Unary, Request, Request> =
        Method::new("/quirks.Names/Request", &Prost, &Prost);

    /// The methods of the service `quirks.Names`.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait Names: Send + Sync + 'static {
        /// Serves `New`, unary.
        ///
        /// Named `New` in the protocol; `_` is added because `new` makes a client.
        fn new_(&self, cx: &Ctx, request: Request) -> Result<super::Status, Status> {
            Err(Status::unimplemented(NEW_.path))
        }

        /// Serves `Clone`, unary.
        ///
        /// Named `Clone` in the protocol; `_` is added because every value may have a function `clone`.
        fn clone_(&self, cx: &Ctx, request: Request) -> Result<super::Result, Status> {
            Err(Status::unimplemented(CLONE_.path))
        }

        /// Serves `Name`, unary.
        ///
        /// Named `Name` in the protocol; `_` is added because `NAME` is the service's name.
        fn name_(&self, cx: &Ctx, request: Request) -> Result<super::Method, Status> {
            Err(Status::unimplemented(NAME_.path))
        }

        /// Serves `Match`, unary.
        ///
        /// Named `Match` in the protocol; `_` is added because `match` is a keyword.
        fn match_(&self, cx: &Ctx, request: Request) -> Result<super::Arc, Status> {
            Err(Status::unimplemented(MATCH_.path))
        }

        /// Serves `Self`, unary.
        ///
        /// Named `Self` in the protocol; `_` is added because `self` is a keyword.
        fn self_(&self, cx: &Ctx, request: Request) -> Result<(), Status> {
            Err(Status::unimplemented(SELF_.path))
        }

        /// Serves `GetFoo`, unary.
        fn get_foo(&self, cx: &Ctx, request: ()) -> Result<Request, Status> {
            Err(Status::unimplemented(GET_FOO.path))
        }

        /// Serves `getFoo`, client streaming.
        ///
        /// Named `getFoo` in the protocol; `_` is added because `get_foo` is an earlier rpc.
        fn get_foo_(&self, cx: &Ctx, requests: Receiver<Request>) -> Result<Request, Status> {
            Err(Status::unimplemented(GET_FOO_.path))
        }

        /// Serves `Get_Foo`, server streaming.
        ///
        /// Named `Get_Foo` in the protocol; `_` is added because `get_foo` is an earlier rpc.
        fn get_foo__(
            &self,
            cx: &Ctx,
            request: Request,
            responses: Sender<Request>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(GET_FOO__.path))
        }

        /// Serves `Into`, unary.
        ///
        /// Named `Into` in the protocol; `_` is added because every value may have a function `into`.
        fn into_(&self, cx: &Ctx, request: Request) -> Result<Request, Status> {
            Err(Status::unimplemented(INTO_.path))
        }

        /// Serves `AsRef`, unary.
        ///
        /// Named `AsRef` in the protocol; `_` is added because every value may have a function `as_ref`.
        fn as_ref_(&self, cx: &Ctx, request: Request) -> Result<Request, Status> {
            Err(Status::unimplemented(AS_REF_.path))
        }

        /// Serves `App`, unary.
        fn app(&self, cx: &Ctx, request: Request) -> Result<Request, Status> {
            Err(Status::unimplemented(APP.path))
        }

        /// Serves `Cx`, bidirectional streaming.
        fn cx(
            &self,
            cx: &Ctx,
            requests: Receiver<Request>,
            responses: Sender<Request>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(CX.path))
        }

        /// Serves `Requests`, bidirectional streaming.
        fn requests(
            &self,
            cx: &Ctx,
            requests: Receiver<Request>,
            responses: Sender<Request>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(REQUESTS.path))
        }

        /// Serves `Responses`, server streaming.
        fn responses(
            &self,
            cx: &Ctx,
            request: Request,
            responses: Sender<Request>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(RESPONSES.path))
        }

        /// Speaks last.
        fn request(&self, cx: &Ctx, request: Request) -> Result<Request, Status> {
            Err(Status::unimplemented(REQUEST.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn Names>) -> Service<Tag> {
        let new_ = Arc::clone(&app);
        let clone_ = Arc::clone(&app);
        let name_ = Arc::clone(&app);
        let match_ = Arc::clone(&app);
        let self_ = Arc::clone(&app);
        let get_foo = Arc::clone(&app);
        let get_foo_ = Arc::clone(&app);
        let get_foo__ = Arc::clone(&app);
        let into_ = Arc::clone(&app);
        let as_ref_ = Arc::clone(&app);
        let app_ = Arc::clone(&app);
        let cx_ = Arc::clone(&app);
        let requests_ = Arc::clone(&app);
        let responses_ = Arc::clone(&app);
        let request_ = app;
        Service::new(NAME)
            .unary(NEW_, move |cx, request| new_.new_(cx, request))
            .unary(CLONE_, move |cx, request| clone_.clone_(cx, request))
            .unary(NAME_, move |cx, request| name_.name_(cx, request))
            .unary(MATCH_, move |cx, request| match_.match_(cx, request))
            .unary(SELF_, move |cx, request| self_.self_(cx, request))
            .unary(GET_FOO, move |cx, request| get_foo.get_foo(cx, request))
            .client_streaming(GET_FOO_, move |cx, requests| {
                get_foo_.get_foo_(cx, requests)
            })
            .server_streaming(GET_FOO__, move |cx, request, responses| {
                get_foo__.get_foo__(cx, request, responses)
            })
            .unary(INTO_, move |cx, request| into_.into_(cx, request))
            .unary(AS_REF_, move |cx, request| as_ref_.as_ref_(cx, request))
            .unary(APP, move |cx, request| app_.app(cx, request))
            .bidi(CX, move |cx, requests, responses| {
                cx_.cx(cx, requests, responses)
            })
            .bidi(REQUESTS, move |cx, requests, responses| {
                requests_.requests(cx, requests, responses)
            })
            .server_streaming(RESPONSES, move |cx, request, responses| {
                responses_.responses(cx, request, responses)
            })
            .unary(REQUEST, move |cx, request| request_.request(cx, request))
    }

    /// Calls `quirks.Names`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Calls `New`, unary.
        ///
        /// Named `New` in the protocol; `_` is added because `new` makes a client.
        pub fn new_<'a>(&'a self, request: &'a Request) -> Call<'a, Unary, Request, super::Status> {
            self.0.call(NEW_, Some(request))
        }

        /// Calls `Clone`, unary.
        ///
        /// Named `Clone` in the protocol; `_` is added because every value may have a function `clone`.
        pub fn clone_<'a>(
            &'a self,
            request: &'a Request,
        ) -> Call<'a, Unary, Request, super::Result> {
            self.0.call(CLONE_, Some(request))
        }

        /// Calls `Name`, unary.
        ///
        /// Named `Name` in the protocol; `_` is added because `NAME` is the service's name.
        pub fn name_<'a>(
            &'a self,
            request: &'a Request,
        ) -> Call<'a, Unary, Request, super::Method> {
            self.0.call(NAME_, Some(request))
        }

        /// Calls `Match`, unary.
        ///
        /// Named `Match` in the protocol; `_` is added because `match` is a keyword.
        pub fn match_<'a>(&'a self, request: &'a Request) -> Call<'a, Unary, Request, super::Arc> {
            self.0.call(MATCH_, Some(request))
        }

        /// Calls `Self`, unary.
        ///
        /// Named `Self` in the protocol; `_` is added because `self` is a keyword.
        pub fn self_<'a>(&'a self, request: &'a Request) -> Call<'a, Unary, Request, ()> {
            self.0.call(SELF_, Some(request))
        }

        /// Calls `GetFoo`, unary.
        pub fn get_foo<'a>(&'a self, request: &'a ()) -> Call<'a, Unary, (), Request> {
            self.0.call(GET_FOO, Some(request))
        }

        /// Calls `getFoo`, client streaming.
        ///
        /// Named `getFoo` in the protocol; `_` is added because `get_foo` is an earlier rpc.
        pub fn get_foo_(&self) -> Call<'_, ClientStreaming, Request, Request> {
            self.0.call(GET_FOO_, None)
        }

        /// Calls `Get_Foo`, server streaming.
        ///
        /// Named `Get_Foo` in the protocol; `_` is added because `get_foo` is an earlier rpc.
        pub fn get_foo__<'a>(
            &'a self,
            request: &'a Request,
        ) -> Call<'a, ServerStreaming, Request, Request> {
            self.0.call(GET_FOO__, Some(request))
        }

        /// Calls `Into`, unary.
        ///
        /// Named `Into` in the protocol; `_` is added because every value may have a function `into`.
        pub fn into_<'a>(&'a self, request: &'a Request) -> Call<'a, Unary, Request, Request> {
            self.0.call(INTO_, Some(request))
        }

        /// Calls `AsRef`, unary.
        ///
        /// Named `AsRef` in the protocol; `_` is added because every value may have a function `as_ref`.
        pub fn as_ref_<'a>(&'a self, request: &'a Request) -> Call<'a, Unary, Request, Request> {
            self.0.call(AS_REF_, Some(request))
        }

        /// Calls `App`, unary.
        pub fn app<'a>(&'a self, request: &'a Request) -> Call<'a, Unary, Request, Request> {
            self.0.call(APP, Some(request))
        }

        /// Calls `Cx`, bidirectional streaming.
        pub fn cx(&self) -> Call<'_, Bidi, Request, Request> {
            self.0.call(CX, None)
        }

        /// Calls `Requests`, bidirectional streaming.
        pub fn requests(&self) -> Call<'_, Bidi, Request, Request> {
            self.0.call(REQUESTS, None)
        }

        /// Calls `Responses`, server streaming.
        #[deprecated]
        pub fn responses<'a>(
            &'a self,
            request: &'a Request,
        ) -> Call<'a, ServerStreaming, Request, Request> {
            self.0.call(RESPONSES, Some(request))
        }

        /// Speaks last.
        pub fn request<'a>(&'a self, request: &'a Request) -> Call<'a, Unary, Request, Request> {
            self.0.call(REQUEST, Some(request))
        }
    }
}
