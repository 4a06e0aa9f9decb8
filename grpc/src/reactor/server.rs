//! Reactors of served calls.

use super::{Asks, Link, Stream};
use crate::{
    cancel::Cancel,
    codec::{Codec, MessageBuf},
    metadata::Metadata,
    stream::Finisher,
};
use std::{marker::PhantomData, sync::Arc};

/// A served call as an object. Its methods run on a loop and must not block.
pub trait Reactor<In, Out: 'static>: Send + 'static {
    /// The call begins. Asks for one message unless it is written anew.
    fn on_start(&mut self, stream: &mut Stream<'_, Out>) {
        stream.request(1);
    }

    /// A message that was asked for.
    fn on_message(&mut self, stream: &mut Stream<'_, Out>, message: In);

    /// The client sends no more messages.
    fn on_half_close(&mut self, stream: &mut Stream<'_, Out>);

    /// There is room for messages again.
    fn on_writable(&mut self, _stream: &mut Stream<'_, Out>) {}

    /// The time asked for has come, or a sink was asked to wake the reactor.
    fn on_wake(&mut self, _stream: &mut Stream<'_, Out>) {}

    /// The call has ended. Once, and last; also after [`Stream::finish`].
    fn on_end(&mut self, _why: Result<(), Cancel>) {}
}

/// A reactor whose types are forgotten.
pub(crate) trait Front: Send {
    fn start(&mut self, call: &Arc<Finisher>, asks: &mut Asks);
    fn message(&mut self, call: &Arc<Finisher>, asks: &mut Asks, message: MessageBuf<'_>);
    fn half_close(&mut self, call: &Arc<Finisher>, asks: &mut Asks);
    fn writable(&mut self, call: &Arc<Finisher>, asks: &mut Asks);
    fn wake(&mut self, call: &Arc<Finisher>, asks: &mut Asks);
    fn end(&mut self, why: Result<(), Cancel>);
}

struct Typed<In: 'static, Out: 'static, R> {
    reactor: R,
    req: &'static dyn Codec<In>,
    res: &'static dyn Codec<Out>,
    types: PhantomData<fn(In) -> Out>,
}

pub(crate) fn erase<In: 'static, Out: 'static, R: Reactor<In, Out>>(
    reactor: R,
    req: &'static dyn Codec<In>,
    res: &'static dyn Codec<Out>,
) -> Box<dyn Front> {
    Box::new(Typed {
        reactor,
        req,
        res,
        types: PhantomData,
    })
}

impl<In, Out, R> Typed<In, Out, R> {
    fn stream<'a>(&self, call: &'a Arc<Finisher>, asks: &'a mut Asks) -> Stream<'a, Out> {
        Stream {
            link: Link::Server(call),
            codec: self.res,
            asks,
        }
    }
}

impl<In: 'static, Out: 'static, R: Reactor<In, Out>> Front for Typed<In, Out, R> {
    fn start(&mut self, call: &Arc<Finisher>, asks: &mut Asks) {
        let mut stream = self.stream(call, asks);
        self.reactor.on_start(&mut stream);
    }

    fn message(&mut self, call: &Arc<Finisher>, asks: &mut Asks, message: MessageBuf<'_>) {
        match self.req.decode(message) {
            Ok(message) => {
                let mut stream = self.stream(call, asks);
                self.reactor.on_message(&mut stream, message);
            }
            Err(status) => call.finish(Err(status), &Metadata::new()),
        }
    }

    fn half_close(&mut self, call: &Arc<Finisher>, asks: &mut Asks) {
        let mut stream = self.stream(call, asks);
        self.reactor.on_half_close(&mut stream);
    }

    fn writable(&mut self, call: &Arc<Finisher>, asks: &mut Asks) {
        let mut stream = self.stream(call, asks);
        self.reactor.on_writable(&mut stream);
    }

    fn wake(&mut self, call: &Arc<Finisher>, asks: &mut Asks) {
        let mut stream = self.stream(call, asks);
        self.reactor.on_wake(&mut stream);
    }

    fn end(&mut self, why: Result<(), Cancel>) {
        self.reactor.on_end(why);
    }
}
