//! The handles of one of h2's streams. They are kept to the end: dropping the last one resets the stream.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::server::SendResponse;
use h2::{Error, Reason, RecvStream, SendStream};

use super::book::{Fields, Talk};
use super::convert::{self, told};
use crate::pattern::body;

/// What is read next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Head,
    Body,
    Trailers,
    Nothing,
}

/// See the module.
pub(super) struct Handles {
    response: Option<ResponseFuture>,
    respond: Option<SendResponse<Bytes>>,
    pub(super) sender: Option<SendStream<Bytes>>,
    pub(super) reader: Option<RecvStream>,
    reading: Reading,
    heard_reset: bool,
}

impl Handles {
    pub(super) fn of_client(response: ResponseFuture, sender: SendStream<Bytes>) -> Self {
        Self {
            response: Some(response),
            respond: None,
            sender: Some(sender),
            reader: None,
            reading: Reading::Head,
            heard_reset: false,
        }
    }

    pub(super) fn of_server(respond: SendResponse<Bytes>, reader: RecvStream) -> Self {
        Self {
            response: None,
            respond: Some(respond),
            sender: None,
            reader: Some(reader),
            reading: Reading::Body,
            heard_reset: false,
        }
    }

    pub(super) fn respond(&mut self, head: &Fields, end: bool) -> bool {
        let Some(respond) = &mut self.respond else {
            return false;
        };
        if self.sender.is_some() {
            return false;
        }
        self.sender = respond.send_response(convert::response(head), end).ok();
        self.sender.is_some()
    }

    pub(super) fn inform(&mut self, head: &Fields) -> bool {
        match &mut self.respond {
            Some(respond) if self.sender.is_none() => {
                respond.send_informational(convert::response(head)).is_ok()
            }
            _ => false,
        }
    }

    pub(super) fn reset(&mut self, code: Reason) {
        if let Some(sender) = &mut self.sender {
            sender.send_reset(code);
        } else if let Some(respond) = &mut self.respond {
            respond.send_reset(code);
        }
    }

    /// Reads what there is; whether there was anything.
    pub(super) fn poll(&mut self, number: u32, talk: &mut Talk) -> bool {
        let before = self.reading;
        let mut news = false;
        match before {
            Reading::Head => self.poll_head(talk, &mut news),
            Reading::Body => self.poll_body(number, talk, &mut news),
            Reading::Trailers => self.poll_trailers(talk),
            Reading::Nothing => {}
        }
        self.poll_reset(talk, &mut news);
        news || before != self.reading
    }

    fn fails(&mut self, talk: &mut Talk, error: &Error) {
        self.reading = Reading::Nothing;
        if talk.told.is_none() {
            talk.told = told(error);
        }
    }

    fn poll_head(&mut self, talk: &mut Talk, news: &mut bool) {
        let mut cx = Context::from_waker(Waker::noop());
        let Some(future) = &mut self.response else {
            return;
        };
        while let Poll::Ready(Some(Ok(head))) = future.poll_informational(&mut cx) {
            let (head, ()) = head.into_parts();
            talk.got.informed.push(convert::of_response(&head));
            *news = true;
        }
        match Pin::new(future).poll(&mut cx) {
            Poll::Ready(Ok(response)) => {
                let (head, reader) = response.into_parts();
                talk.got.head = Some(convert::of_response(&head));
                self.reader = Some(reader);
                self.reading = Reading::Body;
            }
            Poll::Ready(Err(error)) => self.fails(talk, &error),
            Poll::Pending => {}
        }
    }

    fn poll_body(&mut self, number: u32, talk: &mut Talk, news: &mut bool) {
        let mut cx = Context::from_waker(Waker::noop());
        let Some(reader) = &mut self.reader else {
            return;
        };
        match reader.poll_data(&mut cx) {
            Poll::Ready(Some(Ok(octets))) => {
                assert!(!talk.got.end, "DATA after the end of stream {number}");
                let expected = body(number, talk.got.octets, octets.len());
                assert_eq!(octets, expected, "at {}", talk.got.octets);
                talk.got.octets += octets.len() as u64;
                talk.unreleased += octets.len();
                *news = true;
            }
            Poll::Ready(Some(Err(error))) => self.fails(talk, &error),
            Poll::Ready(None) => self.reading = Reading::Trailers,
            Poll::Pending => {}
        }
    }

    fn poll_trailers(&mut self, talk: &mut Talk) {
        let mut cx = Context::from_waker(Waker::noop());
        let Some(reader) = &mut self.reader else {
            return;
        };
        match reader.poll_trailers(&mut cx) {
            Poll::Ready(Ok(trailers)) => {
                talk.got.trailers = trailers.map(|map| convert::of_map(&map));
                talk.got.end = true;
                self.reading = Reading::Nothing;
            }
            Poll::Ready(Err(error)) => self.fails(talk, &error),
            Poll::Pending => {}
        }
    }

    fn poll_reset(&mut self, talk: &mut Talk, news: &mut bool) {
        let mut cx = Context::from_waker(Waker::noop());
        if self.heard_reset {
            return;
        }
        let polled = match (&mut self.sender, &mut self.respond) {
            (Some(sender), _) => sender.poll_reset(&mut cx),
            (None, Some(respond)) => respond.poll_reset(&mut cx),
            _ => return,
        };
        let ended = match polled {
            Poll::Ready(Ok(code)) if talk.reset.is_none() => {
                Some(super::book::Told::Reset(code.into()))
            }
            Poll::Ready(Err(error)) => told(&error),
            Poll::Ready(Ok(_)) => None,
            Poll::Pending => return,
        };
        self.heard_reset = true;
        *news = true;
        if talk.told.is_none() {
            talk.told = ended;
        }
    }
}
