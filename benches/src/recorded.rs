//! The recorded heads of `data/`, whose README tells the format.

/// A field: name and value.
pub type Field = (&'static str, &'static str);

/// One request or response.
pub struct Message {
    /// The head, then trailers if there were any.
    pub heads: Vec<Vec<Field>>,
    /// Bytes of DATA.
    pub body: usize,
    /// The first message of its connection.
    pub first: bool,
}

/// One direction of the recorded set.
pub struct Set {
    /// The messages of all connections, in order.
    pub messages: Vec<Message>,
    /// Every head of `messages`, encoded by nghttp2.
    pub blocks: Vec<&'static [u8]>,
}

impl Set {
    /// The fields of all heads.
    #[must_use]
    pub fn fields(&self) -> usize {
        self.messages
            .iter()
            .flat_map(|message| &message.heads)
            .map(Vec::len)
            .sum()
    }
}

/// What the clients sent.
#[must_use]
pub fn requests() -> Set {
    Set {
        messages: parse(include_str!("../data/requests.txt")),
        blocks: prefixed(include_bytes!("../data/requests.hpack")),
    }
}

/// What the servers answered, message by message.
#[must_use]
pub fn responses() -> Set {
    Set {
        messages: parse(include_str!("../data/responses.txt")),
        blocks: prefixed(include_bytes!("../data/responses.hpack")),
    }
}

/// # Panics
/// If the file is not of the form that its README describes.
fn parse(text: &'static str) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut heads = vec![Vec::new()];
    let mut first = true;
    for line in text.lines() {
        if line.starts_with("@ ") {
            first = true;
        } else if line == "+" {
            heads.push(Vec::new());
        } else if let Some(body) = line.strip_prefix("= ") {
            let heads = core::mem::replace(&mut heads, vec![Vec::new()]);
            let body = body.parse().expect("a length");
            messages.push(Message { heads, body, first });
            first = false;
        } else {
            let field = line.split_once('\t').expect("a name and a value");
            heads.last_mut().expect("never empty").push(field);
        }
    }
    messages
}

/// Strings of two bytes of length (big-endian) and as many bytes.
fn prefixed(mut file: &'static [u8]) -> Vec<&'static [u8]> {
    let mut strings = Vec::new();
    while let [high, low, rest @ ..] = file {
        let (string, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        strings.push(string);
        file = rest;
    }
    strings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_responses_are_parallel_and_have_their_blocks() {
        let (requests, responses) = (requests(), responses());
        assert!(requests.messages.len() > 1000);
        assert_eq!(requests.messages.len(), responses.messages.len());
        for (request, response) in requests.messages.iter().zip(&responses.messages) {
            assert_eq!(request.first, response.first);
            assert!(request.heads[0].iter().any(|field| field.0 == ":method"));
            assert_eq!(response.heads[0][0].0, ":status");
        }
        for set in [requests, responses] {
            let heads: usize = set.messages.iter().map(|message| message.heads.len()).sum();
            assert_eq!(heads, set.blocks.len());
        }
    }

    #[test]
    fn a_request_with_a_length_has_a_body_of_it() {
        let mut with_length = 0;
        for message in requests().messages {
            for (_, value) in message.heads[0]
                .iter()
                .filter(|field| field.0 == "content-length")
            {
                assert_eq!(value.parse(), Ok(message.body));
                with_length += 1;
            }
        }
        assert!(with_length > 10);
    }
}
