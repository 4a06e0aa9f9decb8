//! Reactors of a client's calls.

use super::{Asks, Link, Stream};
use crate::{
    code::Code,
    codec::{Codec, MessageBuf},
    metadata::Metadata,
    panics::caught,
    pipe::{Out, Pipe},
    status::Status,
};
use std::{marker::PhantomData, sync::Arc};

/// A client's call as an object. Its methods run on the channel's loop and must not block.
pub trait ClientReactor<Q: 'static, R>: Send + 'static {
    /// The call begins. Asks for one message unless it is written anew.
    fn on_start(&mut self, stream: &mut Stream<'_, Q>) {
        stream.request(1);
    }

    /// There is room for messages again.
    fn on_writable(&mut self, _stream: &mut Stream<'_, Q>) {}

    /// A message that was asked for.
    fn on_message(&mut self, stream: &mut Stream<'_, Q>, message: R);

    /// The call has ended. Once, and last.
    fn on_end(&mut self, result: Result<(), Status>, trailers: Metadata);
}

/// A reactor whose types are forgotten.
pub(crate) trait ClientFront: Send {
    fn start(&mut self, call: &Arc<Pipe>, asks: &mut Asks);
    fn writable(&mut self, call: &Arc<Pipe>, asks: &mut Asks);
    fn message(&mut self, call: &Arc<Pipe>, asks: &mut Asks, message: MessageBuf<'_>);
    fn end(&mut self, result: Result<(), Status>, trailers: Metadata);
}

/// What has happened to a call, on its way to its reactor.
#[derive(Default)]
pub(crate) struct ClientNews {
    begun: bool,
    /// It was told of messages, and has said things since.
    told: bool,
    /// What it asked for then.
    asks: Asks,
    pub(crate) writable: bool,
}

impl ClientNews {
    /// A call that begins, of a reactor or not.
    pub(crate) fn of(reacts: bool) -> ClientNews {
        ClientNews {
            begun: reacts,
            ..ClientNews::default()
        }
    }

    /// Calls the reactor's methods; false if one of them panicked, which gives the call up.
    pub(crate) fn tell(
        &mut self,
        reactor: &mut dyn ClientFront,
        call: &Arc<Pipe>,
        asks: &mut Asks,
    ) -> bool {
        let news = std::mem::take(self);
        asks.add(news.asks);
        guarded(call, || {
            if news.begun {
                reactor.start(call, asks);
            }
            if news.writable {
                reactor.writable(call, asks);
            }
        })
    }

    /// The reactor has a message where it lies.
    pub(crate) fn hand_over(
        &mut self,
        reactor: &mut dyn ClientFront,
        call: &Arc<Pipe>,
        message: MessageBuf<'_>,
    ) {
        // What it says is heard once the call has moved on: news of this always lead there.
        call.hush(&mut Vec::new());
        self.told = true;
        let asks = &mut self.asks;
        guarded(call, || reactor.message(call, asks, message));
    }

    pub(crate) fn is_news(&self) -> bool {
        self.begun || self.writable || self.told
    }
}

/// A panic gives the call up; whether there was none.
fn guarded(call: &Arc<Pipe>, tell: impl FnOnce()) -> bool {
    let told = caught(tell).is_some();
    if !told {
        let status = Status::local(Code::Unknown, "reactor panicked");
        call.say(Out::Cancel(status));
    }
    told
}

struct Typed<Q: 'static, R: 'static, C> {
    reactor: C,
    req: &'static dyn Codec<Q>,
    res: &'static dyn Codec<R>,
    types: PhantomData<fn(Q) -> R>,
}

pub(crate) fn erase<Q: 'static, R: 'static, C: ClientReactor<Q, R>>(
    reactor: C,
    req: &'static dyn Codec<Q>,
    res: &'static dyn Codec<R>,
) -> Box<dyn ClientFront> {
    Box::new(Typed {
        reactor,
        req,
        res,
        types: PhantomData,
    })
}

impl<Q, R, C> Typed<Q, R, C> {
    fn stream<'a>(&self, call: &'a Arc<Pipe>, asks: &'a mut Asks) -> Stream<'a, Q> {
        Stream {
            link: Link::Client(call),
            codec: self.req,
            asks,
        }
    }
}

impl<Q: 'static, R: 'static, C: ClientReactor<Q, R>> ClientFront for Typed<Q, R, C> {
    fn start(&mut self, call: &Arc<Pipe>, asks: &mut Asks) {
        let mut stream = self.stream(call, asks);
        self.reactor.on_start(&mut stream);
    }

    fn writable(&mut self, call: &Arc<Pipe>, asks: &mut Asks) {
        let mut stream = self.stream(call, asks);
        self.reactor.on_writable(&mut stream);
    }

    fn message(&mut self, call: &Arc<Pipe>, asks: &mut Asks, message: MessageBuf<'_>) {
        match self.res.decode(message) {
            Ok(message) => {
                let mut stream = self.stream(call, asks);
                self.reactor.on_message(&mut stream, message);
            }
            Err(status) => {
                call.say(Out::Cancel(status));
            }
        }
    }

    fn end(&mut self, result: Result<(), Status>, trailers: Metadata) {
        self.reactor.on_end(result, trailers);
    }
}
