//! Page sizes and page tokens.
//!
//! A token is the place to go on from, in base64. It grants nothing: a query filters by owner
//! whatever the token says. The filter of the first page is in it as a digest, so that a token
//! can't be used for another list by mistake.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::errors::{Error, FieldViolation, Reason};

const DEFAULT_SIZE: u32 = 50;
const MAX_SIZE: u32 = 100;
const MAX_TOKEN_BYTES: usize = 512;

/// Which page is asked for. `K` is the sort key of the last row of the page before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<K> {
    /// 1 to 100.
    pub size: u32,
    /// Only rows after this one.
    pub after: Option<K>,
    list: [u8; 8],
}

#[derive(Serialize, Deserialize)]
struct Token<K> {
    list: String,
    after: K,
}

impl<K: Serialize + for<'a> Deserialize<'a>> Page<K> {
    /// Checks what a request asks for. `list` names the call with all its filters.
    pub fn parse(page_size: i32, page_token: &str, list: &str) -> Result<Self, Error> {
        let list = digest(list);
        let size = match page_size {
            0 => DEFAULT_SIZE,
            1.. => (page_size as u32).min(MAX_SIZE),
            _ => {
                return Err(Error::invalid(
                    "page_size",
                    "must be 1 to 100, or 0 for 50.",
                ));
            }
        };
        if page_token.is_empty() {
            return Ok(Self {
                size,
                after: None,
                list,
            });
        }
        let token: Token<K> = decode(page_token).ok_or_else(invalid_token)?;
        if token.list != hex::encode(list) {
            return Err(invalid_token());
        }
        Ok(Self {
            size,
            after: Some(token.after),
            list,
        })
    }

    /// How many rows to fetch: one more than the page, to learn whether there is a next one.
    pub fn fetch(&self) -> i64 {
        i64::from(self.size) + 1
    }

    /// Cuts fetched rows to the page and makes the token for the next one (empty on the last).
    pub fn finish<R>(&self, mut rows: Vec<R>, key: impl Fn(&R) -> K) -> (Vec<R>, String) {
        let size = self.size as usize;
        if rows.len() <= size {
            return (rows, String::new());
        }
        rows.truncate(size);
        let after = rows.last().map(key).expect("a page has at least one row");
        let token = Token {
            list: hex::encode(self.list),
            after,
        };
        let text = serde_json::to_vec(&token).expect("keys are plain data");
        (rows, URL_SAFE_NO_PAD.encode(text))
    }
}

fn digest(list: &str) -> [u8; 8] {
    let digest = Sha256::digest(list.as_bytes());
    digest[..8].try_into().expect("SHA-256 has 32 bytes")
}

fn decode<K: for<'a> Deserialize<'a>>(text: &str) -> Option<Token<K>> {
    if text.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn invalid_token() -> Error {
    let description = "must be the next_page_token of the page before, with the same filters.";
    Error::Invalid {
        reason: Reason::PAGE_TOKEN_INVALID,
        violations: vec![FieldViolation {
            field: "page_token".into(),
            description: description.into(),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(rows: &[u32], size: i32) -> Vec<Vec<u32>> {
        let mut found = Vec::new();
        let mut token = String::new();
        loop {
            let page = Page::<u32>::parse(size, &token, "numbers").unwrap();
            let rest = rows
                .iter()
                .filter(|row| page.after.is_none_or(|after| **row > after));
            let fetched = rest.take(page.fetch() as usize).copied().collect();
            let (rows, next) = page.finish(fetched, |row| *row);
            found.push(rows);
            if next.is_empty() {
                return found;
            }
            token = next;
        }
    }

    #[test]
    fn pages_join_to_the_whole_list() {
        let rows: Vec<u32> = (0..10).collect();
        for size in 1..12 {
            assert_eq!(pages(&rows, size).concat(), rows, "page size {size}");
        }
        assert_eq!(pages(&rows, 5).len(), 2);
    }

    #[test]
    fn foreign_and_broken_tokens_are_refused() {
        let page = Page::<u32>::parse(1, "", "numbers").unwrap();
        let (_, token) = page.finish(vec![1, 2], |row| *row);
        assert!(Page::<u32>::parse(1, &token, "numbers").is_ok());
        assert!(Page::<u32>::parse(1, &token, "numbers of another user").is_err());
        for wrong in ["x", "%%%", "e30", &"A".repeat(2000), &token[1..]] {
            let error = Page::<u32>::parse(1, wrong, "numbers").unwrap_err();
            assert_eq!(error.reason(), Reason::PAGE_TOKEN_INVALID, "{wrong}");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert_eq!(Page::<u32>::parse(0, "", "").unwrap().size, 50);
        assert_eq!(Page::<u32>::parse(i32::MAX, "", "").unwrap().size, 100);
        assert!(Page::<u32>::parse(-1, "", "").is_err());
    }
}
