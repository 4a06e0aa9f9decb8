// Written by bywash-build. Changes are lost when it runs again.

/// A place on earth, in units of 1e-7 degrees.
///
/// Latitudes are within 90 degrees of zero, longitudes within 180.
#[derive(PartialOrd, Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Point {
    #[prost(int32, tag = "1")]
    pub latitude: i32,
    #[prost(int32, tag = "2")]
    pub longitude: i32,
}

/// The area between two opposite corners.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Rectangle {
    /// One corner.
    #[prost(message, optional, tag = "1")]
    pub lo: ::core::option::Option<Point>,
    /// The corner opposite.
    #[prost(message, optional, tag = "2")]
    pub hi: ::core::option::Option<Point>,
}

/// Something with a name at a point.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Feature {
    /// The name, empty if there is nothing.
    #[prost(string, tag = "1")]
    pub name: ::prost::alloc::string::String,
    /// Where it is.
    #[prost(message, optional, tag = "2")]
    pub location: ::core::option::Option<Point>,
}

/// Words left at a point.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RouteNote {
    /// Where they were left.
    #[prost(message, optional, tag = "1")]
    pub location: ::core::option::Option<Point>,
    /// The words.
    #[prost(string, tag = "2")]
    pub message: ::prost::alloc::string::String,
}

/// What came of a walk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct RouteSummary {
    /// Points passed.
    #[prost(int32, tag = "1")]
    pub point_count: i32,
    /// Known features among them.
    #[prost(int32, tag = "2")]
    pub feature_count: i32,
    /// Metres covered.
    #[prost(int32, tag = "3")]
    pub distance: i32,
    /// Seconds taken.
    #[prost(int32, tag = "4")]
    pub elapsed_time: i32,
}

/// Keys, trait, server and client of the service `routeguide.RouteGuide`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod route_guide {
    use super::{Feature, Point, Rectangle, RouteNote, RouteSummary};
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::codec::Prost;
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Bidi, ClientStreaming, Method, ServerStreaming, Unary};
    use ::bywash_grpc::server::{Receiver, Sender, Service};
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "routeguide.RouteGuide";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `GetFeature`, unary.
    pub const GET_FEATURE: Method<Tag, Unary, Point, Feature> =
        Method::new("/routeguide.RouteGuide/GetFeature", &Prost, &Prost);

    /// The key of `ListFeatures`, server streaming.
    pub const LIST_FEATURES: Method<Tag, ServerStreaming, Rectangle, Feature> =
        Method::new("/routeguide.RouteGuide/ListFeatures", &Prost, &Prost);

    /// The key of `RecordRoute`, client streaming.
    pub const RECORD_ROUTE: Method<Tag, ClientStreaming, Point, RouteSummary> =
        Method::new("/routeguide.RouteGuide/RecordRoute", &Prost, &Prost);

    /// The key of `RouteChat`, bidirectional streaming.
    pub const ROUTE_CHAT: Method<Tag, Bidi, RouteNote, RouteNote> =
        Method::new("/routeguide.RouteGuide/RouteChat", &Prost, &Prost);

    /// A guide who knows what lies where.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait RouteGuide: Send + Sync + 'static {
        /// Tells what is at a point.
        ///
        /// A feature without a name says that nothing is known to be there.
        fn get_feature(&self, cx: &Ctx, request: Point) -> Result<Feature, Status> {
            Err(Status::unimplemented(GET_FEATURE.path))
        }

        /// Sends every feature inside of a rectangle, one by one, for there may be many.
        fn list_features(
            &self,
            cx: &Ctx,
            request: Rectangle,
            responses: Sender<Feature>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(LIST_FEATURES.path))
        }

        /// Takes the points of a walk and sums them up when the walk is over.
        fn record_route(
            &self,
            cx: &Ctx,
            requests: Receiver<Point>,
        ) -> Result<RouteSummary, Status> {
            Err(Status::unimplemented(RECORD_ROUTE.path))
        }

        /// Exchanges notes with everybody who is at the same places.
        fn route_chat(
            &self,
            cx: &Ctx,
            requests: Receiver<RouteNote>,
            responses: Sender<RouteNote>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(ROUTE_CHAT.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn RouteGuide>) -> Service<Tag> {
        let get_feature = Arc::clone(&app);
        let list_features = Arc::clone(&app);
        let record_route = Arc::clone(&app);
        let route_chat = app;
        Service::new(NAME)
            .unary(GET_FEATURE, move |cx, request| {
                get_feature.get_feature(cx, request)
            })
            .server_streaming(LIST_FEATURES, move |cx, request, responses| {
                list_features.list_features(cx, request, responses)
            })
            .client_streaming(RECORD_ROUTE, move |cx, requests| {
                record_route.record_route(cx, requests)
            })
            .bidi(ROUTE_CHAT, move |cx, requests, responses| {
                route_chat.route_chat(cx, requests, responses)
            })
    }

    /// Calls `routeguide.RouteGuide`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// Tells what is at a point.
        ///
        /// A feature without a name says that nothing is known to be there.
        pub fn get_feature<'a>(&'a self, request: &'a Point) -> Call<'a, Unary, Point, Feature> {
            self.0.call(GET_FEATURE, Some(request))
        }

        /// Sends every feature inside of a rectangle, one by one, for there may be many.
        pub fn list_features<'a>(
            &'a self,
            request: &'a Rectangle,
        ) -> Call<'a, ServerStreaming, Rectangle, Feature> {
            self.0.call(LIST_FEATURES, Some(request))
        }

        /// Takes the points of a walk and sums them up when the walk is over.
        pub fn record_route(&self) -> Call<'_, ClientStreaming, Point, RouteSummary> {
            self.0.call(RECORD_ROUTE, None)
        }

        /// Exchanges notes with everybody who is at the same places.
        pub fn route_chat(&self) -> Call<'_, Bidi, RouteNote, RouteNote> {
            self.0.call(ROUTE_CHAT, None)
        }
    }
}
