//! Our settings: they bind the peer from its acknowledgement on (RFC 9113 6.5.3).

use crate::config::LocalSettings;
use crate::error::{ConfigError, Violation};
use crate::vocabulary::SettingId;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The values that bind the peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Binding {
    pub(crate) header_table_size: u32,
    pub(crate) max_concurrent_streams: u32,
    pub(crate) initial_window_size: u32,
    pub(crate) max_frame_size: u32,
    pub(crate) enable_connect_protocol: bool,
    pub(crate) push_refused: bool,
}

impl Binding {
    fn of(settings: &LocalSettings, is_client: bool) -> Self {
        Self {
            header_table_size: settings.header_table_size,
            max_concurrent_streams: settings.max_concurrent_streams,
            initial_window_size: settings.initial_window_size,
            max_frame_size: settings.max_frame_size,
            enable_connect_protocol: settings.enable_connect_protocol && !is_client,
            push_refused: true,
        }
    }
}

/// What the peer may rightly do between our SETTINGS and its acknowledgement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Most {
    frame_size: u32,
    concurrent_streams: u32,
    extended_connect: bool,
}

/// What an acknowledgement brings into force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub(crate) struct Acknowledged {
    /// All receive windows move by this much.
    pub(crate) windows: i64,
    /// The decoder's table may use at most this.
    pub(crate) header_table_size: u32,
}

/// Ours: in force, and in flight.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) in_force: Binding,
    in_flight: VecDeque<Binding>,
    /// What both allow together; frames are held to it one by one, so it is kept ready.
    most: Most,
    connect_was_enabled: bool,
}

impl Local {
    pub(crate) fn new() -> Self {
        Self {
            in_force: Binding {
                header_table_size: 4096,
                max_concurrent_streams: u32::MAX,
                initial_window_size: 65_535,
                max_frame_size: 16_384,
                enable_connect_protocol: false,
                push_refused: false,
            },
            in_flight: VecDeque::new(),
            most: Most {
                frame_size: 16_384,
                concurrent_streams: u32::MAX,
                extended_connect: false,
            },
            connect_was_enabled: false,
        }
    }

    /// Takes new settings as sent and returns the entries for the wire.
    pub(crate) fn send(
        &mut self,
        new: &LocalSettings,
        is_client: bool,
        first: bool,
        max_in_flight: u32,
    ) -> Result<Vec<(SettingId, u32)>, ConfigError> {
        new.validate()?;
        if self.in_flight.len() >= max_in_flight as usize {
            return Err(ConfigError::TooManyInFlight);
        }
        if self.connect_was_enabled && !new.enable_connect_protocol {
            return Err(ConfigError::EnableConnectRevoked);
        }
        self.connect_was_enabled |= new.enable_connect_protocol && !is_client;
        let before = self.in_flight.back().unwrap_or(&self.in_force);
        let mut entries = Vec::with_capacity(8 + new.custom.len());
        let mut entry = |id, value, default: u32| {
            if value != default {
                entries.push((id, value));
            }
        };
        entry(
            SettingId::HEADER_TABLE_SIZE,
            new.header_table_size,
            before.header_table_size,
        );
        if is_client {
            entry(SettingId::ENABLE_PUSH, 0, if first { 1 } else { 0 });
        } else {
            entry(
                SettingId::MAX_CONCURRENT_STREAMS,
                new.max_concurrent_streams,
                before.max_concurrent_streams,
            );
        }
        entry(
            SettingId::INITIAL_WINDOW_SIZE,
            new.initial_window_size,
            before.initial_window_size,
        );
        entry(
            SettingId::MAX_FRAME_SIZE,
            new.max_frame_size,
            before.max_frame_size,
        );
        entry(
            SettingId::MAX_HEADER_LIST_SIZE,
            new.max_header_list_size,
            u32::MAX,
        );
        if !is_client {
            entry(
                SettingId::ENABLE_CONNECT_PROTOCOL,
                u32::from(new.enable_connect_protocol),
                u32::from(before.enable_connect_protocol),
            );
        }
        if first {
            entry(
                SettingId::NO_RFC7540_PRIORITIES,
                u32::from(new.no_rfc7540_priorities),
                0,
            );
        }
        entries.extend_from_slice(&new.custom);
        self.in_flight.push_back(Binding::of(new, is_client));
        self.look_ahead();
        Ok(entries)
    }

    /// The oldest in flight is acknowledged.
    pub(crate) fn acknowledge(&mut self) -> Result<Acknowledged, Violation> {
        let new = self
            .in_flight
            .pop_front()
            .ok_or(Violation::SettingsAckUnexpected)?;
        let windows =
            i64::from(new.initial_window_size) - i64::from(self.in_force.initial_window_size);
        self.in_force = new;
        if self.in_flight.is_empty() {
            self.in_flight = VecDeque::new();
        }
        self.look_ahead();
        Ok(Acknowledged {
            windows,
            header_table_size: new.header_table_size,
        })
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Sums up what is in force and what is in flight.
    fn look_ahead(&mut self) {
        let all = || core::iter::once(&self.in_force).chain(&self.in_flight);
        self.most = Most {
            frame_size: all().map(|b| b.max_frame_size).max().unwrap_or(16_384),
            // The latest value: a refusal by REFUSED_STREAM harms nobody (RFC 9113 5.1.2).
            concurrent_streams: self
                .in_flight
                .back()
                .unwrap_or(&self.in_force)
                .max_concurrent_streams,
            extended_connect: all().any(|b| b.enable_connect_protocol),
        };
    }

    /// The largest frame that the peer may rightly send now: an acknowledgement may be on its way
    /// behind a frame that already uses a raised limit.
    #[inline]
    pub(crate) const fn max_frame_size(&self) -> u32 {
        self.most.frame_size
    }

    /// Whether the peer may rightly send :protocol now.
    #[inline]
    pub(crate) const fn extended_connect(&self) -> bool {
        self.most.extended_connect
    }

    /// The streams that the peer may have open.
    #[inline]
    pub(crate) const fn max_concurrent_streams(&self) -> u32 {
        self.most.concurrent_streams
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.in_flight.capacity() * size_of::<Binding>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_force_only_when_acknowledged() {
        let mut local = Local::new();
        let mut settings = LocalSettings {
            initial_window_size: 100_000,
            max_frame_size: 20_000,
            ..LocalSettings::default()
        };
        let entries = local.send(&settings, false, true, 4).unwrap();
        assert!(entries.contains(&(SettingId::INITIAL_WINDOW_SIZE, 100_000)));
        assert_eq!(local.in_force.initial_window_size, 65_535);
        assert_eq!(local.max_frame_size(), 20_000, "raised at once");
        settings.max_frame_size = 16_384;
        local.send(&settings, false, false, 4).unwrap();
        assert_eq!(local.acknowledge().unwrap().windows, 100_000 - 65_535);
        assert_eq!(
            local.max_frame_size(),
            20_000,
            "lowered by the acknowledgement only"
        );
        assert_eq!(local.acknowledge().unwrap().windows, 0);
        assert_eq!(local.max_frame_size(), 16_384);
        assert_eq!(local.acknowledge(), Err(Violation::SettingsAckUnexpected));
    }

    #[test]
    fn what_a_program_may_not_change() {
        let mut local = Local::new();
        let mut settings = LocalSettings {
            enable_connect_protocol: true,
            ..LocalSettings::default()
        };
        local.send(&settings, false, true, 2).unwrap();
        settings.enable_connect_protocol = false;
        assert_eq!(
            local.send(&settings, false, false, 2),
            Err(ConfigError::EnableConnectRevoked)
        );
        settings.enable_connect_protocol = true;
        local.send(&settings, false, false, 2).unwrap();
        assert_eq!(
            local.send(&settings, false, false, 2),
            Err(ConfigError::TooManyInFlight)
        );
    }

    #[test]
    fn a_client_refuses_push_and_no_role_says_what_is_the_others() {
        let entries = Local::new()
            .send(&LocalSettings::default(), true, true, 4)
            .unwrap();
        assert!(entries.contains(&(SettingId::ENABLE_PUSH, 0)));
        assert!(
            entries
                .iter()
                .all(|(id, _)| *id != SettingId::MAX_CONCURRENT_STREAMS)
        );
        let entries = Local::new()
            .send(&LocalSettings::default(), false, true, 4)
            .unwrap();
        assert!(entries.iter().all(|(id, _)| *id != SettingId::ENABLE_PUSH));
    }
}
