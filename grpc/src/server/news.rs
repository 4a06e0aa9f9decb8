//! What has happened to a call, on its way to its handler.

use super::{
    calls::Served,
    job::{guarded, run_unary},
    service::Run,
};
use crate::{
    cancel::Cancel,
    ctx::Ctx,
    host::OnLoop,
    message::MessageBuf,
    metadata::Metadata,
    pipe::Out,
    reactor::{Asks, Front},
    serve::{ServeCore, ServeEvent},
    status::Status,
    stream::Finisher,
    wire::Wire,
};
use std::sync::Arc;

/// What has happened to a call.
#[derive(Default)]
pub(super) struct News {
    begun: bool,
    /// A reactor was told of messages, and has said things since.
    told: bool,
    /// What it asked for then.
    asks: Asks,
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
        self.begun || self.half_closed || self.writable || self.woken || self.told
    }

    pub(super) fn add(&mut self, later: News) {
        self.told |= later.told;
        self.asks.add(later.asks);
        self.half_closed |= later.half_closed;
        self.writable |= later.writable;
        self.cancelled = self.cancelled.take().or(later.cancelled);
    }

    /// A reactor has a message where it lies.
    fn hand_over(
        &mut self,
        cx: &Ctx,
        reactor: &mut dyn Front,
        call: Option<&Arc<Finisher>>,
        message: MessageBuf<'_>,
        scratch: &mut Vec<Out>,
    ) {
        let Some(call) = call else {
            return;
        };
        // What it says is heard once the call has moved on: news of this always lead there.
        call.pipe().hush(scratch);
        self.told = true;
        let asks = &mut self.asks;
        let _guard = OnLoop::enter_for(cx.shared_path());
        let told = guarded(|| {
            reactor.message(call, asks, message);
            Ok(())
        });
        if let Err(status) = told {
            call.finish(Err(status), &Metadata::new());
        }
    }

    pub(super) fn tell(
        &mut self,
        reactor: &mut dyn Front,
        call: &Arc<Finisher>,
        asks: &mut Asks,
    ) -> Result<(), Status> {
        asks.add(std::mem::take(&mut self.asks));
        if self.begun {
            reactor.start(call, asks);
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

/// Lets `act` move the call on; messages for a thread go straight to it. `scratch` is memory for what a reactor says.
pub(super) fn collect(
    wire: &mut dyn Wire,
    served: &mut Served,
    scratch: &mut Vec<Out>,
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
    act(core, wire, &mut |event| match (event, pipe) {
        (ServeEvent::Sole(arrived), None) => {
            hooks.arrived(&arrived);
            cx.note_compressed(arrived.compressed);
            if let Run::Unary(run) = &entry.run {
                // The request is complete: the handler may have it where it lies.
                let _guard = OnLoop::enter_for(cx.shared_path());
                *reply = Some(run_unary(run, cx, arrived.message, *max_send));
            }
        }
        (ServeEvent::Message(arrived) | ServeEvent::Sole(arrived), pipe) => {
            hooks.arrived(&arrived);
            if entry.single {
                cx.note_compressed(arrived.compressed);
            }
            match (pipe, &mut *reactor) {
                (_, Some(front)) => {
                    news.hand_over(cx, &mut **front, call.as_ref(), arrived.message, scratch);
                }
                (Some(pipe), None) if !unary => pipe.put_message(arrived),
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
