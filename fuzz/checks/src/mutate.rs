//! Random changes of an input. libFuzzer changes bytes; texts are changed by words as well.

use crate::random::Random;

/// The input with a few changes; some of them take parts of `other`.
#[must_use]
pub fn mutate(data: &[u8], other: &[u8], is_text: bool, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut pieces = split(data, is_text);
    let others = split(other, is_text);
    for _ in 0..=random.below(4) {
        change(&mut pieces, &others, &mut random);
    }
    pieces.concat()
}

fn change(pieces: &mut Vec<Vec<u8>>, others: &[Vec<u8>], random: &mut Random) {
    let at = random.below(pieces.len());
    let some = |pieces: &[Vec<u8>], random: &mut Random| {
        let start = random.below(pieces.len());
        let length = 1 + random.below((pieces.len() - start).min(12));
        pieces.get(start..start + length).map(<[_]>::to_vec).unwrap_or_default()
    };
    match random.below(7) {
        0 => _ = pieces.splice(at..at, some(others, random)),
        1 => {
            let copied = some(pieces, random);
            _ = pieces.splice(at..at, copied);
        }
        2 if !pieces.is_empty() => {
            let length = 1 + random.below((pieces.len() - at).min(6));
            pieces.drain(at..at + length);
        }
        3 if !pieces.is_empty() => {
            let with = random.below(pieces.len());
            pieces.swap(at, with);
        }
        4 if !others.is_empty() && !pieces.is_empty() => {
            pieces[at].clone_from(&others[random.below(others.len())]);
        }
        5 if !pieces.is_empty() => pieces.truncate(at),
        _ => {
            if let Some(byte) = pieces.get_mut(at).and_then(|piece| piece.first_mut()) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

/// Words, and whatever is between them; bytes, if the input is no text.
fn split(data: &[u8], is_text: bool) -> Vec<Vec<u8>> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let is_one = |a: &u8, b: &u8| is_text && is_word(a) && is_word(b);
    data.chunk_by(is_one).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::mutate;

    #[test]
    fn a_seed_changes_an_input_in_one_way() {
        let (data, other) = (b"static FOO: u8 = 1;".as_slice(), b"mod foo { }".as_slice());
        let changed: Vec<Vec<u8>> = (0..100).map(|seed| mutate(data, other, true, seed)).collect();
        assert_eq!(changed, (0..100).map(|seed| mutate(data, other, true, seed)).collect::<Vec<_>>());
        assert!(changed.iter().filter(|changed| *changed != data).count() > 90);
        // What is empty stays in bounds.
        for seed in 0..1000 {
            _ = mutate(b"", b"", seed % 2 == 0, seed);
            _ = mutate(b"a", b"", seed % 2 == 0, seed);
        }
    }
}
