#[derive(Clone, Copy)]
pub enum Algorithm {
    Luhn,
    Mod97,
}

/// Whether the text's check digits fit; else what is wrong, for the client. Separators do not
/// count.
pub fn judge(text: &str, algorithm: Algorithm) -> Result<(), String> {
    match algorithm {
        Algorithm::Luhn => {
            let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
            let (last, body) = match digits.split_last() {
                Some((last, body)) if !body.is_empty() => (*last, body),
                _ => return Err("must have at least two digits".to_string()),
            };
            expect(luhn(body), last, 1)
        }
        Algorithm::Mod97 => {
            let all: Vec<char> = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
            if all.len() < 3 {
                return Err("must have at least three letters and digits".to_string());
            }
            let (body, check) = all.split_at(all.len() - 2);
            match (check[0].to_digit(10), check[1].to_digit(10)) {
                (Some(tens), Some(ones)) => expect(mod97(body), tens * 10 + ones, 2),
                _ => Err("must end with two digits".to_string()),
            }
        }
    }
}

fn expect(expected: u32, found: u32, width: usize) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("has the check digits {found:0width$}, expected {expected:0width$}: mistyped?"))
}

/// The digit that makes the sum a multiple of ten.
fn luhn(body: &[u32]) -> u32 {
    let sum: u32 = body
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| if i % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    (10 - sum % 10) % 10
}

/// The two digits that make the number 1 modulo 97, letters counting from A = 10.
fn mod97(body: &[char]) -> u32 {
    let mut rest = 0;
    for value in body.iter().filter_map(|c| c.to_digit(36)) {
        rest = (rest * if value < 10 { 10 } else { 100 } + value) % 97;
    }
    98 - rest * 100 % 97
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(text: &str, algorithm: Algorithm) -> bool {
        judge(text, algorithm).is_ok()
    }

    #[test]
    fn luhn_knows_published_numbers() {
        for text in ["7992739871-3", "PUMP-1789372997-4", "00"] {
            assert!(fits(text, Algorithm::Luhn), "{text}");
        }
    }

    #[test]
    fn luhn_finds_every_wrong_digit() {
        for digit in 0..10 {
            assert_eq!(fits(&format!("7992739871{digit}"), Algorithm::Luhn), digit == 3);
            assert_eq!(fits(&format!("7992{digit}398713"), Algorithm::Luhn), digit == 7);
        }
        assert!(!fits("5", Algorithm::Luhn));
        assert!(!fits("PUMP", Algorithm::Luhn));
    }

    #[test]
    fn mod97_knows_published_numbers() {
        // ISO 7064 MOD 97-10: the standard's 794 with 44, and an IBAN whose head is at its end.
        assert!(fits("79444", Algorithm::Mod97));
        assert!(fits("WEST12345698765432GB82", Algorithm::Mod97));
    }

    #[test]
    fn mod97_finds_swapped_characters() {
        assert!(!fits("97444", Algorithm::Mod97));
        assert!(!fits("EWST12345698765432GB82", Algorithm::Mod97));
        assert!(!fits("7944A", Algorithm::Mod97));
        assert!(!fits("44", Algorithm::Mod97));
    }

    #[test]
    fn says_what_was_expected() {
        let why = judge("79445", Algorithm::Mod97).unwrap_err();
        assert_eq!(why, "has the check digits 45, expected 44: mistyped?");
        let why = judge("7992739871-4", Algorithm::Luhn).unwrap_err();
        assert_eq!(why, "has the check digits 4, expected 3: mistyped?");
    }
}
