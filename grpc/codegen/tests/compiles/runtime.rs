//! The runtime's signatures, with just enough behind them to see what the generated code asks of it.

pub mod status {
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Status(pub &'static str);

    impl Status {
        /// Keeps the message: here it is the method's path.
        pub fn unimplemented(message: &'static str) -> Status {
            Status(message)
        }
    }
}

pub mod codec {
    use super::status::Status;

    pub trait Codec<T>: Send + Sync {
        fn encode(&self, message: &T, out: &mut Vec<u8>);
        fn decode(&self, bytes: &[u8]) -> Result<T, Status>;
    }

    pub struct Prost;

    impl<M: prost::Message + Default> Codec<M> for Prost {
        fn encode(&self, message: &M, out: &mut Vec<u8>) {
            out.extend_from_slice(&message.encode_to_vec());
        }

        fn decode(&self, bytes: &[u8]) -> Result<M, Status> {
            M::decode(bytes).map_err(|_| Status("undecodable"))
        }
    }
}

pub mod method {
    use std::marker::PhantomData;

    use super::codec::Codec;

    pub trait Kind: 'static {
        const NAME: &'static str;
    }

    macro_rules! kinds {
        ($($name:ident),*) => {$(
            pub enum $name {}
            impl Kind for $name {
                const NAME: &'static str = stringify!($name);
            }
        )*};
    }
    kinds!(Unary, ServerStreaming, ClientStreaming, Bidi);

    pub struct Method<S, K, Q: 'static, R: 'static> {
        pub path: &'static str,
        pub req: &'static dyn Codec<Q>,
        pub res: &'static dyn Codec<R>,
        pub idempotent: bool,
        tag: PhantomData<fn(S, K)>,
    }

    impl<S, K, Q, R> Method<S, K, Q, R> {
        pub const fn new(
            path: &'static str,
            req: &'static dyn Codec<Q>,
            res: &'static dyn Codec<R>,
        ) -> Self {
            Method {
                path,
                req,
                res,
                idempotent: false,
                tag: PhantomData,
            }
        }

        pub const fn idempotent(mut self) -> Self {
            self.idempotent = true;
            self
        }
    }
}

pub mod ctx {
    pub struct Ctx;
}

pub mod server {
    use std::{any::Any, marker::PhantomData};

    use super::{ctx::Ctx, method::*, status::Status};

    pub struct Receiver<T>(pub PhantomData<fn() -> T>);
    pub struct Sender<T>(pub PhantomData<fn(T)>);

    pub struct Service<S> {
        pub name: &'static str,
        /// Path, kind and handler of each method, as they were added.
        pub entries: Vec<(&'static str, &'static str, Box<dyn Any>)>,
        tag: PhantomData<fn(S)>,
    }

    pub type OnUnary<Q, R> = Box<dyn Fn(&Ctx, Q) -> Result<R, Status>>;
    pub type OnServerStreaming<Q, R> = Box<dyn Fn(&Ctx, Q, Sender<R>) -> Result<(), Status>>;
    pub type OnClientStreaming<Q, R> = Box<dyn Fn(&Ctx, Receiver<Q>) -> Result<R, Status>>;
    pub type OnBidi<Q, R> = Box<dyn Fn(&Ctx, Receiver<Q>, Sender<R>) -> Result<(), Status>>;

    impl<S> Service<S> {
        pub fn new(name: &'static str) -> Self {
            Service {
                name,
                entries: Vec::new(),
                tag: PhantomData,
            }
        }

        pub fn unary<Q: 'static, R: 'static>(
            self,
            m: Method<S, Unary, Q, R>,
            f: impl Fn(&Ctx, Q) -> Result<R, Status> + Send + Sync + 'static,
        ) -> Self {
            let f: OnUnary<Q, R> = Box::new(f);
            self.entry(m, Box::new(f))
        }

        pub fn server_streaming<Q: 'static, R: 'static>(
            self,
            m: Method<S, ServerStreaming, Q, R>,
            f: impl Fn(&Ctx, Q, Sender<R>) -> Result<(), Status> + Send + Sync + 'static,
        ) -> Self {
            let f: OnServerStreaming<Q, R> = Box::new(f);
            self.entry(m, Box::new(f))
        }

        pub fn client_streaming<Q: 'static, R: 'static>(
            self,
            m: Method<S, ClientStreaming, Q, R>,
            f: impl Fn(&Ctx, Receiver<Q>) -> Result<R, Status> + Send + Sync + 'static,
        ) -> Self {
            let f: OnClientStreaming<Q, R> = Box::new(f);
            self.entry(m, Box::new(f))
        }

        pub fn bidi<Q: 'static, R: 'static>(
            self,
            m: Method<S, Bidi, Q, R>,
            f: impl Fn(&Ctx, Receiver<Q>, Sender<R>) -> Result<(), Status> + Send + Sync + 'static,
        ) -> Self {
            let f: OnBidi<Q, R> = Box::new(f);
            self.entry(m, Box::new(f))
        }

        fn entry<K: Kind, Q, R>(mut self, m: Method<S, K, Q, R>, f: Box<dyn Any>) -> Self {
            self.entries.push((m.path, K::NAME, f));
            self
        }

        /// The handler that was added under a path.
        pub fn handler<F: 'static>(&self, path: &str) -> &F {
            let entry = self.entries.iter().find(|entry| entry.0 == path);
            entry
                .and_then(|entry| entry.2.downcast_ref())
                .expect("added")
        }
    }
}

pub mod client {
    use std::marker::PhantomData;

    use super::method::*;

    #[derive(Clone)]
    pub struct Channel;

    #[must_use]
    pub struct Call<'a, K, Q: 'static, R: 'static> {
        pub path: &'static str,
        pub kind: &'static str,
        pub request: Option<&'a Q>,
        result: PhantomData<fn(K, &'a Channel) -> R>,
    }

    impl Channel {
        pub fn call<'a, S, K: Kind, Q, R>(
            &'a self,
            m: Method<S, K, Q, R>,
            request: Option<&'a Q>,
        ) -> Call<'a, K, Q, R> {
            Call {
                path: m.path,
                kind: K::NAME,
                request,
                result: PhantomData,
            }
        }
    }
}
