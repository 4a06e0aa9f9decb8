//! What has happened to a call, on its way to its handler.

use super::{calls::Served, job::run_unary, service::Run};
use crate::{
    cancel::Cancel,
    host::OnLoop,
    reactor::{Asks, Front},
    serve::{ServeCore, ServeEvent},
    status::Status,
    stream::Finisher,
    wire::Wire,
};
use bytes::Bytes;
use std::sync::Arc;

/// What has happened to a call.
#[derive(Default)]
pub(super) struct News {
    begun: bool,
    /// For a reactor.
    messages: Vec<Bytes>,
    pub(super) half_closed: bool,
    pub(super) writable: bool,
    woken: bool,
    pub(super) cancelled: Option<(Cancel, Status)>,
}

impl News {
    pub(super) fn begun() -> News {
        News {
            begun: true,
            ..News::default()
        }
    }

    pub(super) fn woken() -> News {
        News {
            woken: true,
            ..News::default()
        }
    }

    pub(super) fn room(writable: bool) -> News {
        News {
            writable,
            ..News::default()
        }
    }

    pub(super) fn is_news(&self) -> bool {
        self.begun || self.half_closed || self.writable || self.woken || !self.messages.is_empty()
    }

    pub(super) fn add(&mut self, later: News) {
        self.messages.extend(later.messages);
        self.half_closed |= later.half_closed;
        self.writable |= later.writable;
        self.cancelled = self.cancelled.take().or(later.cancelled);
    }

    pub(super) fn tell(
        &mut self,
        reactor: &mut dyn Front,
        call: &Arc<Finisher>,
        asks: &mut Asks,
    ) -> Result<(), Status> {
        if self.begun {
            reactor.start(call, asks);
        }
        for message in self.messages.drain(..) {
            reactor.message(call, asks, message);
        }
        if self.half_closed {
            reactor.half_close(call, asks);
        }
        if self.writable {
            reactor.writable(call, asks);
        }
        if self.woken {
            reactor.wake(call, asks);
        }
        Ok(())
    }
}

/// Lets `act` move the call on; messages for a thread go straight to it.
pub(super) fn collect(
    wire: &mut dyn Wire,
    served: &mut Served,
    act: impl FnOnce(&mut ServeCore, &mut dyn Wire, &mut dyn FnMut(ServeEvent<'_>)),
) -> News {
    let mut news = News::default();
    let Served {
        core,
        entry,
        hooks,
        call,
        request,
        reply,
        max_send,
        cx,
        reactor,
        ..
    } = served;
    let pipe = call.as_ref().map(|call| call.pipe());
    let unary = matches!(entry.run, Run::Unary(_));
    let reacts = reactor.is_some();
    act(core, wire, &mut |event| match (event, pipe) {
        (ServeEvent::Sole(arrived), None) => {
            hooks.arrived(&arrived);
            cx.note_compressed(arrived.compressed);
            if let Run::Unary(run) = &entry.run {
                // The request is complete: the handler may have it where it lies.
                let _guard = OnLoop::enter();
                *reply = Some(run_unary(run, cx, arrived.message, *max_send));
            }
        }
        (ServeEvent::Message(arrived) | ServeEvent::Sole(arrived), pipe) => {
            hooks.arrived(&arrived);
            if entry.single {
                cx.note_compressed(arrived.compressed);
            }
            match pipe {
                _ if reacts => news.messages.push(arrived.message.into_bytes()),
                Some(pipe) if !unary => pipe.put_message(arrived),
                _ => *request = Some(arrived.message.into_bytes()),
            }
        }
        (ServeEvent::HalfClosed, _) => news.half_closed = true,
        (ServeEvent::Writable, pipe) => {
            news.writable = true;
            if let Some(pipe) = pipe {
                pipe.put_full(false);
            }
        }
        (ServeEvent::Cancelled(why, status), _) => news.cancelled = Some((why, status)),
    });
    news
}
