//! What people read: every reason has words of its own, and what it carries is in them.

use super::*;
use crate::hpack::DecodeError;
use crate::vocabulary::ErrorCode;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::error::Error;

/// Texts of one type: none is empty, none ends like a sentence, no two are alike.
fn distinct<E: Error>(errors: impl IntoIterator<Item = E>) {
    let texts: Vec<String> = errors.into_iter().map(|error| error.to_string()).collect();
    for (n, text) in texts.iter().enumerate() {
        assert!(text.len() > 5 && !text.ends_with('.'), "{text}");
        assert!(!texts[..n].contains(text), "twice: {text}");
    }
}

const LIMITS: [LimitName; 13] = [
    LimitName::BlockSize,
    LimitName::Control,
    LimitName::Dribble,
    LimitName::EmptyFrames,
    LimitName::HeadBytes,
    LimitName::HeaderList,
    LimitName::Informational,
    LimitName::Pings,
    LimitName::Priority,
    LimitName::Resets,
    LimitName::SettingsEntries,
    LimitName::TinyData,
    LimitName::UnknownFrames,
];

const DEADLINES: [(TimeoutKind, ErrorCode); 7] = [
    (TimeoutKind::Block, ErrorCode::ENHANCE_YOUR_CALM),
    (TimeoutKind::Idle, ErrorCode::NO_ERROR),
    (TimeoutKind::Keepalive, ErrorCode::NO_ERROR),
    (TimeoutKind::Preface, ErrorCode::PROTOCOL_ERROR),
    (TimeoutKind::Progress, ErrorCode::ENHANCE_YOUR_CALM),
    (TimeoutKind::SettingsAck, ErrorCode::SETTINGS_TIMEOUT),
    (TimeoutKind::Shutdown, ErrorCode::NO_ERROR),
];

#[test]
fn reasons_of_a_connections_end() {
    let code = ErrorCode::CANCEL;
    let mut reasons: Vec<CloseReason> = [
        CloseReason::Closed(code),
        CloseReason::NotHttp2(OtherProtocol::Http1),
        CloseReason::NotHttp2(OtherProtocol::Tls),
        CloseReason::NotHttp2(OtherProtocol::Unknown),
        CloseReason::Eof,
        CloseReason::Finished,
        CloseReason::GoAway(code),
        CloseReason::Transport,
    ]
    .to_vec();
    reasons.extend(LIMITS.map(CloseReason::Limit));
    reasons.extend(DEADLINES.map(|(kind, _)| CloseReason::Timeout(kind)));
    reasons.extend(Violation::ALL.iter().copied().map(CloseReason::Violation));
    distinct(reasons.iter().copied());
    for reason in reasons {
        let (code, peers) = match reason {
            CloseReason::Closed(code) | CloseReason::GoAway(code) => (code, false),
            CloseReason::NotHttp2(_) => (ErrorCode::PROTOCOL_ERROR, true),
            CloseReason::Eof | CloseReason::Finished | CloseReason::Transport => {
                (ErrorCode::NO_ERROR, false)
            }
            CloseReason::Limit(_) => (ErrorCode::ENHANCE_YOUR_CALM, true),
            CloseReason::Timeout(kind) => {
                let mut kinds = DEADLINES.into_iter();
                (kinds.find(|(known, _)| *known == kind).unwrap().1, false)
            }
            CloseReason::Violation(violation) => (violation.code(), true),
        };
        assert_eq!(
            (reason.code(), reason.is_peer_fault()),
            (code, peers),
            "{reason}"
        );
    }
    let limit = CloseReason::Limit(LimitName::Resets).to_string();
    assert_eq!(limit, "the peer ran into the limit resets");
}

#[test]
fn ends_of_a_stream() {
    let end = |by| StreamEnd {
        code: ErrorCode::REFUSED_STREAM,
        by,
        retry: Retry::NotProcessed,
    };
    let mut ends: Vec<StreamEnd> = [EndedBy::Connection, EndedBy::GoAway, EndedBy::Peer]
        .map(end)
        .to_vec();
    ends.extend(LIMITS.map(|limit| end(EndedBy::Limit(limit))));
    ends.extend(DEADLINES.map(|(kind, _)| end(EndedBy::Timeout(kind))));
    for end in &ends {
        assert!(end.to_string().ends_with("(REFUSED_STREAM)"), "{end}");
    }
    ends.extend(
        Violation::ALL
            .iter()
            .map(|&violation| end(EndedBy::Violation(violation))),
    );
    distinct(ends);
    let safe = [
        Retry::NeverSent,
        Retry::NotProcessed,
        Retry::MayHaveBeenProcessed,
    ];
    assert_eq!(safe.map(Retry::is_safe), [true, true, false]);
}

#[test]
fn a_violation_names_its_clause_and_its_code() {
    distinct(Violation::ALL.iter().copied());
    for violation in Violation::ALL {
        let text = violation.to_string();
        let (code, clause) = (violation.code().to_string(), violation.rfc());
        assert!(
            text.starts_with(violation.explain()) && text.contains(&code),
            "{text}"
        );
        assert!(text.ends_with(&alloc::format!("{clause})")), "{text}");
        let number = clause.strip_prefix("RFC ").unwrap();
        assert!(number.starts_with(|c: char| c.is_ascii_digit()), "{clause}");
    }
}

#[test]
fn what_a_program_did_wrong() {
    let head = HeadError::PathInvalid;
    distinct([
        OpenError::Draining,
        OpenError::Head(head),
        OpenError::HeadTooLarge { size: 9, limit: 8 },
        OpenError::IdsExhausted,
        OpenError::Limit,
        OpenError::NoExtendedConnect,
        OpenError::OutputFull,
    ]);
    distinct([
        SendError::Gone,
        SendError::Head(head),
        SendError::HeadTooLarge { size: 9, limit: 8 },
        SendError::Length,
        SendError::NoHead,
        SendError::OutputFull,
        SendError::Sequence,
    ]);
    assert_eq!(OpenError::Head(head).to_string(), head.explain());
    assert_eq!(SendError::Head(head).to_string(), head.explain());
    let large = "the head has 9 octets, but the peer takes at most 8";
    assert_eq!(
        SendError::HeadTooLarge { size: 9, limit: 8 }.to_string(),
        large
    );
    assert_eq!(
        OpenError::HeadTooLarge { size: 9, limit: 8 }.to_string(),
        large
    );
    distinct([
        ReleaseError::Connection { outstanding: 77 },
        ReleaseError::Stream { outstanding: 77 },
    ]);
    assert!(
        ReleaseError::Stream { outstanding: 77 }
            .to_string()
            .contains("77")
    );
    distinct([
        ExtensionError::Closed,
        ExtensionError::Core,
        ExtensionError::OutputFull,
        ExtensionError::TooLarge { limit: 16_384 },
    ]);
    distinct([PingError]);
}

#[test]
fn what_a_configuration_lacks() {
    let errors = [
        ConfigError::Closed,
        ConfigError::ConnectionWindow(1),
        ConfigError::CustomSetting(8),
        ConfigError::EnableConnectRevoked,
        ConfigError::LimitTooSmall("resets"),
        ConfigError::InitialWindow(u32::MAX),
        ConfigError::MaxFrameSize(2),
        ConfigError::PrioritiesLate,
        ConfigError::TooManyInFlight,
    ];
    distinct(errors);
    let text = ConfigError::LimitTooSmall("resets").to_string();
    assert_eq!(text, "limit resets is too small for the protocol to work");
}

#[test]
fn what_a_block_lacks() {
    distinct([
        DecodeError::Truncated,
        DecodeError::IntegerOverflow,
        DecodeError::InvalidIndex,
        DecodeError::HuffmanPadding,
        DecodeError::HuffmanEos,
        DecodeError::SizeUpdateTooLarge,
        DecodeError::SizeUpdateLate,
        DecodeError::SizeUpdateMissing,
        DecodeError::StringTooLong,
        DecodeError::Aborted,
    ]);
}
