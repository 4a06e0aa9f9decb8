//! Wishes in words, for an application in another process.

use super::wire::{Told, Wish};

/// Methods that a request without content may have.
const METHODS: [&str; 3] = ["HEAD", "OPTIONS", "DELETE"];

impl Wish {
    /// Whether it is about the configuration, and so must come before the connection.
    pub fn configures(&self) -> bool {
        matches!(
            self,
            Self::OfferExtendedConnect
                | Self::Secure
                | Self::MaxStreams(_)
                | Self::Windows(_)
                | Self::StreamWindows(_)
                | Self::FrameSize(_)
                | Self::TableSize(_)
        )
    }

    /// One line for it, without its end.
    pub fn words(&self) -> String {
        match self {
            Self::OfferExtendedConnect => "offer-extended-connect".to_owned(),
            Self::Secure => "secure".to_owned(),
            Self::MaxStreams(most) => format!("max-streams {most}"),
            Self::Windows(octets) => format!("windows {octets}"),
            Self::StreamWindows(octets) => format!("stream-windows {octets}"),
            Self::FrameSize(octets) => format!("frame-size {octets}"),
            Self::TableSize(octets) => format!("table-size {octets}"),
            Self::Hold => "hold".to_owned(),
            Self::AnswerEarly => "answer-early".to_owned(),
            Self::AnswerAndListen => "answer-and-listen".to_owned(),
            Self::Trailers => "trailers".to_owned(),
            Self::Informational => "informational".to_owned(),
            Self::Body(octets) => format!("body {octets}"),
            Self::Get => "get".to_owned(),
            Self::Request(method) => format!("request {method}"),
            Self::HoldUpload => "hold-upload".to_owned(),
            Self::Upload(octets) => format!("upload {octets}"),
            Self::ExtendedConnect => "extended-connect".to_owned(),
            Self::Prioritize(stream) => format!("prioritize {stream}"),
            Self::End(stream) => format!("end {stream}"),
            Self::Reset(stream) => format!("reset {stream}"),
            Self::Shutdown => "shutdown".to_owned(),
            Self::Ping(payload) => format!("ping {}", u64::from_be_bytes(*payload)),
        }
    }

    /// The wish that a line stands for; `None` if there is no such wish.
    pub fn from_words(line: &str) -> Option<Self> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number = || rest.parse::<u32>().ok();
        let octets = || rest.parse::<usize>().ok();
        Some(match word {
            "offer-extended-connect" => Self::OfferExtendedConnect,
            "secure" => Self::Secure,
            "max-streams" => Self::MaxStreams(number()?),
            "windows" => Self::Windows(number()?),
            "stream-windows" => Self::StreamWindows(number()?),
            "frame-size" => Self::FrameSize(number()?),
            "table-size" => Self::TableSize(number()?),
            "hold" => Self::Hold,
            "answer-early" => Self::AnswerEarly,
            "answer-and-listen" => Self::AnswerAndListen,
            "trailers" => Self::Trailers,
            "informational" => Self::Informational,
            "body" => Self::Body(octets()?),
            "get" => Self::Get,
            "request" => Self::Request(METHODS.into_iter().find(|method| *method == rest)?),
            "hold-upload" => Self::HoldUpload,
            "upload" => Self::Upload(octets()?),
            "extended-connect" => Self::ExtendedConnect,
            "prioritize" => Self::Prioritize(number()?),
            "end" => Self::End(number()?),
            "reset" => Self::Reset(number()?),
            "shutdown" => Self::Shutdown,
            "ping" => Self::Ping(rest.parse::<u64>().ok()?.to_be_bytes()),
            _ => return None,
        })
    }
}

impl Told {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Waiting => "waiting",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }

    /// What the word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Unknown, Self::Waiting, Self::Complete, Self::Failed]
            .into_iter()
            .find(|told| told.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wish_survives_the_way() {
        let wishes = [
            Wish::OfferExtendedConnect,
            Wish::Secure,
            Wish::MaxStreams(4),
            Wish::Windows(u32::MAX),
            Wish::StreamWindows(100_000),
            Wish::FrameSize(16_384),
            Wish::TableSize(0),
            Wish::Hold,
            Wish::AnswerEarly,
            Wish::AnswerAndListen,
            Wish::Trailers,
            Wish::Informational,
            Wish::Body(40_000),
            Wish::Get,
            Wish::Request("HEAD"),
            Wish::HoldUpload,
            Wish::Upload(1),
            Wish::ExtendedConnect,
            Wish::Prioritize(1),
            Wish::End(3),
            Wish::Reset(5),
            Wish::Shutdown,
            Wish::Ping(*b"rtt?rtt?"),
        ];
        for wish in wishes {
            assert_eq!(Wish::from_words(&wish.words()), Some(wish));
        }
    }

    #[test]
    fn nonsense_is_no_wish() {
        for line in [
            "",
            "fly",
            "body",
            "body x",
            "request SING",
            "windows 4294967296",
        ] {
            assert_eq!(Wish::from_words(line), None, "{line}");
        }
        assert_eq!(Told::from_word(Told::Failed.word()), Some(Told::Failed));
        assert_eq!(Told::from_word("perhaps"), None);
    }
}
