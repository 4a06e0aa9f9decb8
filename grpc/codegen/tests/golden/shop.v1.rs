// Written by bywash-build. Changes are lost when it runs again.

/// Keys, trait, server and client of the service `shop.v1.Store`.
#[allow(dead_code, deprecated, unused_variables)]
pub mod store {
    use crate::plain::{Mixed, Order, Receipt, Text};
    use ::bywash_grpc::client::{Call, Channel};
    use ::bywash_grpc::ctx::Ctx;
    use ::bywash_grpc::method::{Bidi, ClientStreaming, Method, ServerStreaming, Unary};
    use ::bywash_grpc::server::{Receiver, Sender, Service};
    use ::bywash_grpc::status::Status;
    use ::std::sync::Arc;

    /// The full name of the service.
    pub const NAME: &str = "shop.v1.Store";

    /// Ties method keys to this service.
    pub enum Tag {}

    /// The key of `Buy`, unary.
    pub const BUY: Method<Tag, Unary, Order, Receipt> =
        Method::new("/shop.v1.Store/Buy", &Text, &Text).idempotent();

    /// The key of `Watch`, server streaming.
    pub const WATCH: Method<Tag, ServerStreaming, String, Order> =
        Method::new("/shop.v1.Store/Watch", &Text, &Text);

    /// The key of `Fill`, client streaming.
    pub const FILL: Method<Tag, ClientStreaming, Vec<u8>, Receipt> =
        Method::new("/shop.v1.Store/Fill", &Mixed, &Mixed);

    /// The key of `Haggle`, bidirectional streaming.
    pub const HAGGLE: Method<Tag, Bidi, String, String> =
        Method::new("/shop.v1.Store/Haggle", &Text, &Text);

    /// Sells things.
    ///
    /// And buys none.
    ///
    /// Object safe. A method without a body of its own answers UNIMPLEMENTED.
    pub trait Store: Send + Sync + 'static {
        /// One thing.
        fn buy(&self, cx: &Ctx, request: Order) -> Result<Receipt, Status> {
            Err(Status::unimplemented(BUY.path))
        }

        /// Serves `Watch`, server streaming.
        fn watch(&self, cx: &Ctx, request: String, responses: Sender<Order>) -> Result<(), Status> {
            Err(Status::unimplemented(WATCH.path))
        }

        /// Serves `Fill`, client streaming.
        fn fill(&self, cx: &Ctx, requests: Receiver<Vec<u8>>) -> Result<Receipt, Status> {
            Err(Status::unimplemented(FILL.path))
        }

        /// Serves `Haggle`, bidirectional streaming.
        fn haggle(
            &self,
            cx: &Ctx,
            requests: Receiver<String>,
            responses: Sender<String>,
        ) -> Result<(), Status> {
            Err(Status::unimplemented(HAGGLE.path))
        }
    }

    /// A service that hands every call to `app`, on a thread of the handlers' pool.
    ///
    /// What a method needs otherwise is said by its key on what is returned.
    pub fn serve(app: Arc<dyn Store>) -> Service<Tag> {
        let buy = Arc::clone(&app);
        let watch = Arc::clone(&app);
        let fill = Arc::clone(&app);
        let haggle = app;
        Service::new(NAME)
            .unary(BUY, move |cx, request| buy.buy(cx, request))
            .server_streaming(WATCH, move |cx, request, responses| {
                watch.watch(cx, request, responses)
            })
            .client_streaming(FILL, move |cx, requests| fill.fill(cx, requests))
            .bidi(HAGGLE, move |cx, requests, responses| {
                haggle.haggle(cx, requests, responses)
            })
    }

    /// Calls `shop.v1.Store`. A clone costs a reference count.
    #[derive(Clone)]
    pub struct Client(Channel);

    impl Client {
        /// A client whose calls go over `channel`. Does no I/O.
        pub fn new(channel: &Channel) -> Client {
            Client(channel.clone())
        }

        /// One thing.
        pub fn buy<'a>(&'a self, request: &'a Order) -> Call<'a, Unary, Order, Receipt> {
            self.0.call(BUY, Some(request))
        }

        /// Calls `Watch`, server streaming.
        pub fn watch<'a>(
            &'a self,
            request: &'a String,
        ) -> Call<'a, ServerStreaming, String, Order> {
            self.0.call(WATCH, Some(request))
        }

        /// Calls `Fill`, client streaming.
        pub fn fill(&self) -> Call<'_, ClientStreaming, Vec<u8>, Receipt> {
            self.0.call(FILL, None)
        }

        /// Calls `Haggle`, bidirectional streaming.
        #[deprecated]
        pub fn haggle(&self) -> Call<'_, Bidi, String, String> {
            self.0.call(HAGGLE, None)
        }
    }
}
