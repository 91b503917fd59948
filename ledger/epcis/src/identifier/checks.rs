//! Check characters. Each function takes what the check character is computed from, or a whole
//! identifier to be verified; characters outside the algorithm's set give no answer.

/// GS1 General Specifications §7.9.1: the check digit (an ASCII digit) of a body of ASCII digits.
pub(crate) fn mod10(body: &[u8]) -> u8 {
    // Weights 3, 1, 3 … from the right.
    let mut sum = 0_u64;
    let mut pairs = body.rchunks_exact(2);
    for pair in pairs.by_ref() {
        if let [one, three] = pair {
            sum += u64::from(three & 15) * 3 + u64::from(one & 15);
        }
    }
    if let [three] = pairs.remainder() {
        sum += u64::from(three & 15) * 3;
    }
    b'0' + ((10 - sum % 10) % 10) as u8
}

/// Whether the last digit of `digits` is the GS1 check digit of the others.
pub(crate) fn mod10_ok(digits: &str) -> bool {
    digits.as_bytes().split_last().is_some_and(|(check, body)| mod10(body) == *check)
}

/// GB 32100-2015 §5: the 31 characters; the place of one is its value.
pub(crate) const USCC_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// GB 32100-2015 §5.5: the check character of the first 17.
pub(crate) fn mod31(body: &str) -> Option<u8> {
    let mut sum = 0_usize;
    let mut weight = 1_usize;
    for byte in body.bytes() {
        sum = (sum + USCC_CHARACTERS.iter().position(|character| *character == byte)? * weight) % 31;
        weight = weight * 3 % 31;
    }
    USCC_CHARACTERS.get((31 - sum) % 31).copied()
}

/// GB 11714: the check character of an organisation code's eight characters.
pub(crate) fn organisation_check(body: &str) -> Option<u8> {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let mut sum = 0;
    for (character, weight) in body.chars().zip(WEIGHTS) {
        sum += character.to_digit(36)? * weight;
    }
    Some(match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        digit => b'0' + digit as u8,
    })
}

/// ISO 7064 MOD 97-10: whether a text of digits and letters is congruent 1.
pub(crate) fn mod97_ok(text: &str) -> bool {
    let mut remainder = 0;
    for character in text.chars() {
        match character.to_digit(36) {
            Some(value) if value < 10 => remainder = (remainder * 10 + value) % 97,
            Some(value) => remainder = (remainder * 100 + value) % 97,
            None => return false,
        }
    }
    remainder == 1
}

/// ISO 7064 MOD 11,10 (GB/T 17710): the check digit of a body of digits.
pub(crate) fn mod11_10(body: &str) -> Option<u8> {
    let mut product = 10;
    for character in body.chars() {
        let sum = (product + character.to_digit(10)?) % 10;
        product = 2 * if sum == 0 { 10 } else { sum } % 11;
    }
    Some(b'0' + ((11 - product) % 10) as u8)
}

/// ISO 7064 MOD 11-2 as GB 11643 uses it: the check character of 17 digits.
pub(crate) fn mod11_2(body: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for byte in body {
        sum = (sum * 2 + char::from(*byte).to_digit(10)?) % 11;
    }
    b"10X98765432".get((sum * 2 % 11) as usize).copied()
}

/// ANSI/HIBC 2 appendix B: the check character of a text.
pub(crate) fn mod43(text: &str) -> Option<u8> {
    const CHARACTERS: &[u8; 43] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";
    let mut sum = 0;
    for byte in text.bytes() {
        sum = (sum + CHARACTERS.iter().position(|character| *character == byte)?) % 43;
    }
    CHARACTERS.get(sum).copied()
}

/// ISO 6346 §3: three letters of the owner, the category U, J or Z, six digits and the check digit.
pub(crate) fn is_container_shape(code: &str) -> bool {
    let Some((letters, digits)) = code.split_at_checked(4) else { return false };
    letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && letters.ends_with(['U', 'J', 'Z'])
        && digits.len() == 7
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// ISO 6346 annex A: the check digit of the first ten characters of `code`.
pub(crate) fn container_check(code: &str) -> Option<u8> {
    let mut sum = 0;
    for (place, character) in code.chars().take(10).enumerate() {
        let value = character.to_digit(36)?;
        // Letters count from 10, leaving out the multiples of 11: after A (10) comes 12.
        let value = if value > 10 { value + 1 + (value - 11) / 10 } else { value };
        sum += value << place;
    }
    Some(b'0' + (sum % 11 % 10) as u8)
}

/// IMO resolution A.1117(30): the check digit of the first six digits of `number`.
pub(crate) fn vessel_check(number: &str) -> Option<u8> {
    let mut sum = 0;
    for (character, weight) in number.chars().take(6).zip((2..=7).rev()) {
        sum += character.to_digit(10)? * weight;
    }
    Some(b'0' + (sum % 10) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: every algorithm gives its published example. Method: a table of them.
    #[test]
    fn published_examples() {
        assert_eq!(mod10(b"952123454321"), b'3');
        assert_eq!(mod10(b"09521001000000001"), b'7');
        assert_eq!(mod10(b""), b'0');
        assert_eq!(mod31("91350100M000100Y4"), Some(b'3'));
        assert_eq!(organisation_check("DEMA0001"), Some(b'3'));
        assert!(mod97_ok("5493001KJTIIGC8Y1R12") && !mod97_ok("5493001KJTIIGC8Y1R13"));
        assert_eq!(mod11_10("1294401150012"), Some(b'6'));
        assert_eq!(mod11_2(b"11010519491231002"), Some(b'X'));
        assert_eq!(mod43("+A123BJC5D6E71"), Some(b'G'));
        assert_eq!(container_check("CSQU3054383"), Some(b'3'));
        assert_eq!(container_check("DEMU4012340"), Some(b'0'));
        assert_eq!(vessel_check("9176187"), Some(b'7'));
    }

    // Goal: the letter values of ISO 6346 skip 11, 22 and 33. Method: compute them one by one.
    #[test]
    fn container_letter_values() {
        let mut expected = 10;
        for letter in 'A'..='Z' {
            if expected % 11 == 0 {
                expected += 1;
            }
            let first_only = format!("{letter}000000000");
            assert_eq!(container_check(&first_only), Some(b'0' + (expected % 11 % 10) as u8), "{letter}");
            expected += 1;
        }
    }
}
