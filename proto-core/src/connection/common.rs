//! What both roles can do, written once.

/// The methods that `client::Connection` and `server::Connection` share.
macro_rules! common_methods {
    () => {
        /// The next event. Consumes `input` from the front, as far as needed.
        ///
        /// Never fails: faults of the peer are events, and all that came before them is delivered.
        /// Call it with an empty input too, after `transmit`, `handle_timeout` and `handle_eof`, as
        /// long as [`has_events`](Self::has_events).
        pub fn next_event<'i>(&mut self, now: Instant, input: &mut &'i [u8]) -> Step<'i> {
            self.inner.next_event(now, input)
        }

        /// Whether events wait that need no input.
        pub fn has_events(&self) -> bool {
            self.inner.has_notices()
        }

        /// The output that waits: write it and `advance`, until it is empty or the transport is full.
        pub fn transmit(&mut self, now: Instant) -> Transmit<'_> {
            self.inner.transmit(now)
        }

        /// When [`handle_timeout`](Self::handle_timeout) is to be called, at the latest.
        pub fn poll_timeout(&self) -> Option<Instant> {
            self.inner.poll_timeout()
        }

        /// Time has passed.
        pub fn handle_timeout(&mut self, now: Instant) {
            self.inner.handle_timeout(now);
        }

        /// The peer has ended its side of the transport, and all its octets were given.
        ///
        /// A client's streams end: no answer can come any more. A server goes on with the requests that
        /// are complete, for a client may end its side alone (half-close): they are answered as far as
        /// the windows reach, the other streams are reset and told as
        /// [`EndedBy::Connection`](crate::error::EndedBy::Connection), GOAWAY goes out, and the
        /// connection closes after the last one. Whether the client is still there shows in the
        /// transport: call [`handle_transport_error`](Self::handle_transport_error) when that fails.
        /// [`Config::eof_ends_streams`](crate::config::Config::eof_ends_streams) switches it off.
        pub fn handle_eof(&mut self, now: Instant) {
            self.inner.handle_eof(now);
        }

        /// The transport failed: nothing more can be written or read.
        pub fn handle_transport_error(&mut self, now: Instant) {
            self.inner.handle_transport_error(now);
        }

        /// What the connection wants of its transport.
        pub fn interest(&self) -> Interest {
            self.inner.interest()
        }

        /// The sending half of a stream.
        pub fn send(&mut self, stream: StreamRef) -> SendHalf<'_> {
            SendHalf::new(&mut self.inner, stream)
        }

        /// The receiving half of a stream.
        pub fn recv(&mut self, stream: StreamRef) -> RecvHalf<'_> {
            RecvHalf::new(&mut self.inner, stream)
        }

        /// Gives receive credit back, the stream's and the connection's apart, under
        /// [`FlowControl::Manual`](crate::config::FlowControl::Manual). The connection's is taken even
        /// when the stream has ended or its name is stale.
        ///
        /// # Errors
        /// More than is outstanding; nothing changes then.
        pub fn release(
            &mut self,
            stream: StreamRef,
            octets: u32,
            connection: u32,
        ) -> Result<(), ReleaseError> {
            self.inner.release(stream, octets, connection)
        }

        /// Starts a graceful end (RFC 9113 6.8): what is open may finish, nothing new is taken. A
        /// server sends two GOAWAYs, a round trip apart, so that no request is lost. `Closed` follows.
        pub fn shutdown(&mut self, now: Instant) {
            self.inner.shutdown(now);
        }

        /// Ends the connection at once with GOAWAY; `Ended` for each open stream and `Closed` follow.
        pub fn close(&mut self, now: Instant, code: ErrorCode) {
            self.inner.close(now, code);
        }

        /// Sends a PING; [`Pong`](crate::event::Event::Pong) answers with its round-trip time.
        ///
        /// # Errors
        /// Too many wait for their answers, or the connection has ended.
        pub fn ping(&mut self, now: Instant, payload: [u8; 8]) -> Result<(), PingError> {
            self.inner.ping(now, payload)
        }

        /// Sends new settings; they bind the peer once it has acknowledged them
        /// ([`SettingsAcknowledged`](crate::event::Event::SettingsAcknowledged)).
        ///
        /// # Errors
        /// A value that is not allowed, too many in flight, or the connection has ended; nothing is
        /// sent then.
        pub fn update_settings(&mut self, settings: LocalSettings) -> Result<(), ConfigError> {
            self.inner.update_settings(settings)
        }

        /// Sends a frame of an extension (RFC 9113 5.5).
        ///
        /// # Errors
        /// See [`ExtensionError`].
        pub fn send_extension(
            &mut self,
            kind: FrameType,
            flags: u8,
            stream: StreamId,
            payload: &[u8],
        ) -> Result<(), ExtensionError> {
            self.inner.send_extension(kind, flags, stream, payload)
        }

        /// Takes a head back that is no longer needed: the next one is built in its memory.
        pub fn recycle(&mut self, head: Head) {
            self.inner.recycle(head);
        }

        /// The peer's settings in force; `None` until its first SETTINGS have come.
        pub fn peer_settings(&self) -> Option<&PeerSettings> {
            self.inner.peer_settings()
        }

        /// A setting of the peer's that this crate does not know, if it was sent; the first 16 are kept.
        pub fn peer_setting(&self, id: SettingId) -> Option<u32> {
            self.inner.peer_setting(id)
        }

        /// Counters.
        pub fn stats(&self) -> &Stats {
            self.inner.stats()
        }

        /// Octets that the transport took so far.
        pub fn bytes_sent(&self) -> u64 {
            self.inner.bytes_sent()
        }

        /// What waits in the connection now.
        pub fn queues(&self) -> Queues {
            self.inner.queues()
        }

        /// Every limit that is a rate: its name, the tokens gone now, and its burst.
        pub fn limit_levels(&self) -> impl Iterator<Item = (LimitName, u64, u32)> + '_ {
            self.inner.limit_levels()
        }

        /// Octets of HPACK's dynamic tables in use: the decoder's, the encoder's.
        pub fn hpack_sizes(&self) -> (usize, usize) {
            self.inner.hpack_sizes()
        }

        /// Streams that are open: ours, the peer's.
        pub fn open_streams(&self) -> (u32, u32) {
            self.inner.open_streams()
        }

        /// Octets of heap that the connection holds, itself included. DATA is not, nor is the
        /// configuration that `new` was given: they are the program's.
        pub fn heap_bytes(&self) -> usize {
            self.inner.heap_bytes()
        }

        /// Gives back scratch memory that is not in use. Good before a long wait.
        pub fn trim(&mut self) {
            self.inner.trim();
        }

        /// Shows every frame from now on to `observer`.
        pub fn observe(&mut self, observer: Box<dyn Observer>) {
            self.inner.set_observer(observer);
        }
    };
}

pub(crate) use common_methods;
