//! The peer's settings: in force as soon as they are read.

use crate::error::Violation;
use crate::vocabulary::SettingId;

/// What the peer has told us in SETTINGS (RFC 9113 6.5.2); the RFC's initial values before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerSettings {
    /// Octets of its decoder's dynamic table.
    pub header_table_size: u32,
    /// Whether it takes pushed streams.
    pub enable_push: bool,
    /// Streams that we may open; `None` without a limit.
    pub max_concurrent_streams: Option<u32>,
    /// Initial send window of streams, octets.
    pub initial_window_size: u32,
    /// Largest frame that it takes, octets.
    pub max_frame_size: u32,
    /// Largest field section that it takes, octets; `None` without a limit.
    pub max_header_list_size: Option<u32>,
    /// Whether it takes extended CONNECT (RFC 8441 3).
    pub enable_connect_protocol: bool,
    /// Whether it ignores RFC 7540's priorities (RFC 9218 2.1); `None` if it did not say.
    pub no_rfc7540_priorities: Option<bool>,
}

/// A change that reaches beyond the settings themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub(crate) enum Change {
    /// Nothing else to do.
    None,
    /// The encoder's table.
    HeaderTable(u32),
    /// Nobody here knows the setting.
    Unknown,
    /// All send windows move by this much.
    Windows(i64),
}

impl PeerSettings {
    pub(crate) const INITIAL: Self = Self {
        header_table_size: 4096,
        enable_push: true,
        max_concurrent_streams: None,
        initial_window_size: 65_535,
        max_frame_size: 16_384,
        max_header_list_size: None,
        enable_connect_protocol: false,
        no_rfc7540_priorities: None,
    };

    /// Takes one entry. `from_server`: whether the peer is the server; `first`: whether this is its
    /// first SETTINGS frame.
    pub(crate) fn apply(
        &mut self,
        id: SettingId,
        value: u32,
        from_server: bool,
        first: bool,
    ) -> Result<Change, Violation> {
        match id {
            SettingId::HEADER_TABLE_SIZE => {
                self.header_table_size = value;
                return Ok(Change::HeaderTable(value));
            }
            SettingId::ENABLE_PUSH => match value {
                1 if from_server => return Err(Violation::EnablePushFromServer),
                0 | 1 => self.enable_push = value == 1,
                _ => return Err(Violation::EnablePushInvalid),
            },
            SettingId::MAX_CONCURRENT_STREAMS => self.max_concurrent_streams = Some(value),
            SettingId::INITIAL_WINDOW_SIZE => {
                if value > 0x7fff_ffff {
                    return Err(Violation::InitialWindowInvalid);
                }
                let by = i64::from(value) - i64::from(self.initial_window_size);
                self.initial_window_size = value;
                return Ok(Change::Windows(by));
            }
            SettingId::MAX_FRAME_SIZE => {
                if !(16_384..=16_777_215).contains(&value) {
                    return Err(Violation::MaxFrameSizeInvalid);
                }
                self.max_frame_size = value;
            }
            SettingId::MAX_HEADER_LIST_SIZE => self.max_header_list_size = Some(value),
            // A client's value has no effect (RFC 8441 3).
            SettingId::ENABLE_CONNECT_PROTOCOL if from_server => match value {
                0 if self.enable_connect_protocol => return Err(Violation::EnableConnectRevoked),
                0 | 1 => self.enable_connect_protocol = value == 1,
                _ => return Err(Violation::EnableConnectInvalid),
            },
            SettingId::NO_RFC7540_PRIORITIES => {
                if value > 1 {
                    return Err(Violation::NoRfc7540PrioritiesInvalid);
                }
                // Later frames must not change it; leaving it out of the first one means 0.
                if !first && self.no_rfc7540_priorities.unwrap_or(false) != (value == 1) {
                    return Err(Violation::NoRfc7540PrioritiesInvalid);
                }
                self.no_rfc7540_priorities = Some(value == 1);
            }
            _ if id.name().is_none() => return Ok(Change::Unknown),
            _ => {}
        }
        Ok(Change::None)
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, PeerSettings, Violation};
    use crate::vocabulary::SettingId as Id;

    fn one(id: Id, value: u32, from_server: bool) -> Result<Change, Violation> {
        let mut settings = PeerSettings::INITIAL;
        settings.apply(id, value, from_server, true)
    }

    #[test]
    fn bounds_of_every_value() {
        for (id, value, from_server, expected) in [
            (Id::ENABLE_PUSH, 2, false, Err(Violation::EnablePushInvalid)),
            (
                Id::ENABLE_PUSH,
                1,
                true,
                Err(Violation::EnablePushFromServer),
            ),
            (Id::ENABLE_PUSH, 1, false, Ok(Change::None)),
            (
                Id::INITIAL_WINDOW_SIZE,
                1 << 31,
                true,
                Err(Violation::InitialWindowInvalid),
            ),
            (
                Id::INITIAL_WINDOW_SIZE,
                0,
                true,
                Ok(Change::Windows(-65_535)),
            ),
            (
                Id::MAX_FRAME_SIZE,
                16_383,
                true,
                Err(Violation::MaxFrameSizeInvalid),
            ),
            (
                Id::MAX_FRAME_SIZE,
                1 << 24,
                true,
                Err(Violation::MaxFrameSizeInvalid),
            ),
            (Id::MAX_FRAME_SIZE, 16_777_215, true, Ok(Change::None)),
            (Id::MAX_CONCURRENT_STREAMS, 0, true, Ok(Change::None)),
            (
                Id::ENABLE_CONNECT_PROTOCOL,
                2,
                true,
                Err(Violation::EnableConnectInvalid),
            ),
            (Id::ENABLE_CONNECT_PROTOCOL, 2, false, Ok(Change::None)),
            (
                Id::NO_RFC7540_PRIORITIES,
                2,
                true,
                Err(Violation::NoRfc7540PrioritiesInvalid),
            ),
            (Id(0xff), u32::MAX, true, Ok(Change::Unknown)),
        ] {
            assert_eq!(one(id, value, from_server), expected, "{id} = {value}");
        }
    }

    #[test]
    fn what_must_not_be_taken_back() {
        let mut settings = PeerSettings::INITIAL;
        let taken = settings.apply(Id::ENABLE_CONNECT_PROTOCOL, 1, true, true);
        assert_eq!(taken, Ok(Change::None));
        assert_eq!(
            settings.apply(Id::ENABLE_CONNECT_PROTOCOL, 0, true, false),
            Err(Violation::EnableConnectRevoked)
        );
        let mut settings = PeerSettings::INITIAL;
        assert_eq!(
            settings.apply(Id::NO_RFC7540_PRIORITIES, 1, true, false),
            Err(Violation::NoRfc7540PrioritiesInvalid)
        );
    }
}
