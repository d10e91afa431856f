//! What somebody may have meant by a word that nobody knows.

/// The known word that is the fewest edits away, unless all are further than a third of the word's length.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    let closest = known.into_iter().map(|candidate| (distance(word, candidate), candidate)).min();
    closest.filter(|&(distance, _)| distance <= limit).map(|(_, candidate)| candidate)
}

/// How many letters must be added, removed, replaced or swapped with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_understood_and_another_word_is_not() {
        let known = ["hostname", "interfaces", "interval"];
        assert_eq!(nearest("hostnam", known), Some("hostname"));
        assert_eq!(nearest("hotsname", known), Some("hostname"));
        assert_eq!(nearest("intervall", known), Some("interval"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", []), None);
    }
}
