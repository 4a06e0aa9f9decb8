//! SETTINGS both ways (RFC 9113 6.5).

use super::inner::{Inner, Phase};
use super::recv::{Fault, Outcome};
use crate::config::LocalSettings;
use crate::error::{ConfigError, LimitName, Violation};
use crate::event::Event;
use crate::frame::{self, Flags, FrameHead, SettingsPayload};
use crate::limits::Account;
use crate::observer::Direction;
use crate::settings::Change;
use crate::timer::Timer;
use crate::vocabulary::{FrameType, StreamId};
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Inner {
    /// What the head of a SETTINGS frame decides.
    pub(super) fn judge_settings_head(&mut self, head: FrameHead) -> Result<(), Fault> {
        if !head.stream.is_connection() {
            return Err(Violation::SettingsOnStream.into());
        }
        if head.flags.has(Flags::ACK) {
            return if head.length == 0 {
                Ok(())
            } else {
                Err(Violation::SettingsAckLength.into())
            };
        }
        if head.length % 6 != 0 {
            return Err(Violation::SettingsLength.into());
        }
        if head.length / 6 > self.config.limits.settings_entries {
            return Err(Fault::Limit(LimitName::SettingsEntries));
        }
        Ok(())
    }

    pub(super) fn on_settings(&mut self, head: FrameHead, payload: &[u8]) -> Outcome<'static> {
        if head.flags.has(Flags::ACK) {
            return self.on_settings_ack();
        }
        let payload = SettingsPayload::parse(payload)?;
        if self.peer_settings_seen {
            let cost = 1 + u32::try_from(payload.len() / 8).unwrap_or(0);
            self.ledger
                .charge(&self.config.limits, Account::Control, self.now, cost)?;
        }
        let first = !self.peer_settings_seen;
        for (id, value) in payload.entries() {
            match self.peer.apply(id, value, self.is_client, first)? {
                Change::None => {}
                Change::HeaderTable(size) => self.encoder.set_peer_max_size(size as usize),
                Change::Windows(by) => self.shift_send_windows(by)?,
                Change::Unknown => self.rare.get_or_insert_default().note_setting(id, value),
            }
        }
        self.peer_settings_seen = true;
        if first {
            self.timers.stop(Timer::Preface);
        }
        self.write_settings(Flags::ACK, &[]);
        self.count_reply(9);
        if self.wants_open {
            self.offer_open();
        }
        Ok(Some(Event::Settings))
    }

    fn shift_send_windows(&mut self, by: i64) -> Result<(), Violation> {
        let slots: Vec<u32> = self.store.slots().collect();
        for slot in slots {
            let stream = self.store.at_mut(slot);
            if stream.send_window.shift(by).is_err() {
                return Err(Violation::InitialWindowOverflow);
            }
            if stream.queued == 0 {
                continue;
            }
            if stream.send_window.available() == 0 {
                self.urgency.remove(&mut self.store, slot);
            }
            self.make_ready(slot);
        }
        Ok(())
    }

    fn on_settings_ack(&mut self) -> Outcome<'static> {
        let acknowledged = self.local.acknowledge()?;
        self.decoder
            .set_max_size(acknowledged.header_table_size as usize);
        if acknowledged.windows != 0 {
            let slots: Vec<u32> = self.store.slots().collect();
            for slot in slots {
                self.store.at_mut(slot).recv.shift(acknowledged.windows);
            }
        }
        self.arm_settings_ack();
        Ok(Some(Event::SettingsAcknowledged))
    }

    fn arm_settings_ack(&mut self) {
        match self.config.timers.settings_ack {
            Some(after) if self.local.in_flight() > 0 => {
                self.timers.set(Timer::SettingsAck, self.now + after)
            }
            _ => self.timers.stop(Timer::SettingsAck),
        }
    }

    pub(super) fn send_settings(
        &mut self,
        new: &LocalSettings,
        first: bool,
    ) -> Result<(), ConfigError> {
        let entries = self.local.send(
            new,
            self.is_client,
            first,
            self.config.limits.settings_in_flight,
        )?;
        self.write_settings(Flags::NONE, &entries);
        self.arm_settings_ack();
        Ok(())
    }

    fn write_settings(&mut self, flags: Flags, entries: &[(crate::vocabulary::SettingId, u32)]) {
        self.stats.frames_sent.count(FrameType::SETTINGS);
        let before = self.output.arena().len();
        frame::write_settings(self.output.arena(), flags, entries);
        if self.observer.is_some() {
            let written = self.output.arena()[before..].to_vec();
            let length = entries.len() as u32 * 6;
            let head = FrameHead {
                length,
                kind: FrameType::SETTINGS,
                flags,
                stream: StreamId::CONNECTION,
            };
            self.observe(Direction::Out, head, &written[FrameHead::SIZE..]);
        }
    }

    /// New settings of ours; they bind the peer from its acknowledgement on.
    pub(crate) fn update_settings(&mut self, new: LocalSettings) -> Result<(), ConfigError> {
        new.validate()?;
        if self.phase != Phase::Active {
            return Err(ConfigError::Closed);
        }
        if new.no_rfc7540_priorities != self.config.settings.no_rfc7540_priorities {
            return Err(ConfigError::PrioritiesLate);
        }
        self.ensure_spoken();
        self.send_settings(&new, false)?;
        if new.connection_window > self.recv_target {
            self.recv_window
                .give_back(new.connection_window - self.recv_target);
        }
        self.recv_target = new.connection_window;
        self.stream_target = new.initial_window_size;
        let mut config = (*self.config).clone();
        config.settings = new;
        self.config = Arc::new(config);
        self.owns_config = true;
        Ok(())
    }
}
