//! A wire that counts the credit that calls return.

use std::collections::BTreeMap;

use bytes::Bytes;
use bywash_grpc::Metadata;
use bywash_grpc::wire::{ErrorCode, OpenRefused, RequestHead, SendRefused, StreamRef, Wire};
use bywash_spec_tests::pair::Core;

/// Octets of DATA by stream: those that came, and those returned to the stream's and the connection's windows.
#[derive(Default)]
pub(super) struct Ledger {
    streams: BTreeMap<u32, (u64, u64, u64)>,
}

impl Ledger {
    pub(super) fn came(&mut self, stream: StreamRef, octets: usize) {
        self.streams.entry(stream.id().get()).or_default().0 += octets as u64;
    }

    fn returned(&mut self, stream: StreamRef, octets: u32, connection: u32) {
        let (came, back, shared) = self.streams.entry(stream.id().get()).or_default();
        *back += u64::from(octets);
        *shared += u64::from(connection);
        assert!(
            *back <= *came && *shared <= *came,
            "{back} and {shared} returned of {came} octets"
        );
    }

    /// All calls are over: the connection has all of its credit.
    pub(super) fn settled(&self) {
        for (stream, (came, _, shared)) in &self.streams {
            assert_eq!(shared, came, "credit that stream {stream} keeps for good");
        }
    }
}

/// The connection, and its ledger.
pub(super) struct Counted<'a> {
    pub(super) core: &'a mut Core,
    pub(super) ledger: &'a mut Ledger,
}

impl Counted<'_> {
    fn inner(&mut self) -> &mut dyn Wire {
        match self.core {
            Core::Client(client) => client,
            Core::Server(server) => server,
        }
    }
}

impl Wire for Counted<'_> {
    fn open(&mut self, head: &RequestHead<'_>) -> Result<StreamRef, OpenRefused> {
        self.inner().open(head)
    }

    fn respond(
        &mut self,
        stream: StreamRef,
        status: u16,
        fields: &Metadata,
        end: bool,
    ) -> Result<(), SendRefused> {
        self.inner().respond(stream, status, fields, end)
    }

    fn send(
        &mut self,
        stream: StreamRef,
        data: &mut Bytes,
        end: bool,
    ) -> Result<bool, SendRefused> {
        self.inner().send(stream, data, end)
    }

    fn trailers(&mut self, stream: StreamRef, fields: &Metadata) -> Result<(), SendRefused> {
        self.inner().trailers(stream, fields)
    }

    fn discard_unsent(&mut self, stream: StreamRef) -> Result<u64, SendRefused> {
        self.inner().discard_unsent(stream)
    }

    fn framed(&mut self, stream: StreamRef) -> u64 {
        self.inner().framed(stream)
    }

    fn notify_drained(&mut self, stream: StreamRef) {
        self.inner().notify_drained(stream);
    }

    fn reset(&mut self, stream: StreamRef, code: ErrorCode) {
        self.inner().reset(stream, code);
    }

    fn release(&mut self, stream: StreamRef, octets: u32, connection: u32) {
        self.ledger.returned(stream, octets, connection);
        self.inner().release(stream, octets, connection);
    }

    fn expect(&mut self, stream: StreamRef, octets: u32) {
        self.inner().expect(stream, octets);
    }

    fn hold(&mut self, stream: StreamRef) {
        self.inner().hold(stream);
    }

    fn let_go(&mut self, stream: StreamRef) {
        self.inner().let_go(stream);
    }

    fn max_head(&self) -> u32 {
        match &*self.core {
            Core::Client(client) => client.max_head(),
            Core::Server(server) => server.max_head(),
        }
    }
}
