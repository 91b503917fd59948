//! Page tokens. A token says all that the next page needs: the query, the height up to which it is answered, and where
//! the page begins. So a node keeps nothing for a client that does not come back, and pages go on after a restart.
//! Only of tokens that were deleted something is kept, until they would have expired.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::now_ms;
use crate::query::page::{Behind, TimedPlace};
use crate::times::time_text;

/// A token is good for so long.
const LIFETIME_MS: i64 = 60 * 60 * 1_000;
/// Characters of a token.
pub const TOKEN_CHARACTERS_MAX: usize = 32 << 10;
/// So many deleted tokens are remembered; the oldest are forgotten.
const DELETED_MAX: usize = 4_096;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Until when it is good, milliseconds since 1970.
    pub expires: i64,
    /// Of what it is a page.
    #[serde(flatten)]
    pub of: Of,
}

/// Of what a token is a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "lowercase")]
pub enum Of {
    /// Of the events of a query.
    Events {
        /// The query's parameters, as the first page's address had them.
        query: Vec<(String, String)>,
        /// No block above this height.
        height: u64,
        /// Where the page begins.
        behind: Position,
        /// So many events are left of those that the query allows.
        left: Option<u64>,
    },
    /// Of the captures.
    Captures {
        /// The page begins behind this.
        behind: String,
    },
}

/// [`Behind`], as a token has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    height: u64,
    index: u32,
    time: Option<(i64, u32)>,
}

impl From<Behind> for Position {
    fn from(behind: Behind) -> Position {
        match behind {
            Behind::Place((height, index)) => Position { height, index, time: None },
            Behind::Time(TimedPlace { seconds, nanoseconds, place }) => {
                Position { height: place.0, index: place.1, time: Some((seconds, nanoseconds)) }
            }
        }
    }
}

impl From<Position> for Behind {
    fn from(position: Position) -> Behind {
        let place = (position.height, position.index);
        match position.time {
            None => Behind::Place(place),
            Some((seconds, nanoseconds)) => Behind::Time(TimedPlace { seconds, nanoseconds, place }),
        }
    }
}

impl Token {
    /// A token for a next page.
    pub fn new(of: Of) -> Token {
        Token { expires: now_ms().saturating_add(LIFETIME_MS), of }
    }

    /// As a client gets it: digits and letters alone, so that no address has to escape it.
    pub fn to_text(&self) -> String {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
            text
        })
    }

    /// Reads a token that has not expired.
    pub fn parse(text: &str) -> Option<Token> {
        if text.len() > TOKEN_CHARACTERS_MAX || !text.len().is_multiple_of(2) {
            return None;
        }
        let digit = |byte: &u8| HEX.iter().position(|known| known == byte).and_then(|value| u8::try_from(value).ok());
        let pairs = text.as_bytes().chunks_exact(2);
        let bytes: Option<Vec<u8>> = pairs
            .map(|pair| match pair {
                [high, low] => Some(digit(high)? << 4 | digit(low)?),
                _ => None,
            })
            .collect();
        let token: Token = serde_json::from_slice(&bytes?).ok()?;
        (token.expires > now_ms()).then_some(token)
    }

    /// When it expires, as the header says it.
    pub fn expires(&self) -> String {
        time_text(self.expires)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Tokens that were deleted.
#[derive(Default)]
pub struct DeletedTokens(Mutex<VecDeque<String>>);

impl DeletedTokens {
    /// Deletes a token: no page is given for it any more.
    pub fn add(&self, text: &str) {
        let mut deleted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if deleted.iter().any(|known| known == text) {
            return;
        }
        if deleted.len() >= DELETED_MAX {
            deleted.pop_front();
        }
        deleted.push_back(text.to_owned());
    }

    /// Whether a token was deleted.
    pub fn contains(&self, text: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|known| known == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: a token says what it was made of, and nothing else is one. Method: tokens of each kind; changed texts.
    #[test]
    fn tokens() {
        let timed = Behind::Time(TimedPlace { seconds: -5, nanoseconds: 7, place: (3, 4) });
        for behind in [Behind::Place((u64::MAX, 9)), timed] {
            let query = vec![("MATCH_epc".to_owned(), "https://id.gs1.org/00/1|x".to_owned())];
            let token = Token::new(Of::Events { query, height: 12, behind: behind.into(), left: Some(2) });
            let text = token.to_text();
            assert_eq!(Token::parse(&text), Some(token.clone()));
            let Of::Events { behind: read, .. } = token.of else { panic!() };
            assert_eq!(Behind::from(read), behind);
            assert_eq!(Token::parse(&text[..text.len() - 2]), None);
            assert_eq!(Token::parse(&text.to_uppercase()), None);
        }
        let expired = Token { expires: now_ms() - 1, of: Of::Captures { behind: "a".to_owned() } };
        assert_eq!(Token::parse(&expired.to_text()), None);
        assert_eq!(Token::parse(""), None);
        let deleted = DeletedTokens::default();
        deleted.add("a");
        assert!(deleted.contains("a") && !deleted.contains("b"));
    }
}
