//! Figures by key, and their mean over seeds.

/// A figure; none where a run never got there.
pub(crate) type Figure = Option<f64>;

/// The figures of one run, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row(pub(crate) Vec<(&'static str, Figure)>);

/// The figures of several seeds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Means(Vec<Mean>);

/// One figure over the seeds.
#[derive(Clone, Debug, PartialEq)]
struct Mean {
    key: &'static str,
    /// Over the runs that have one.
    mean: Figure,
    /// Standard deviation between seeds, if there are two or more that have one.
    spread: Figure,
    /// How many runs have none.
    none: u32,
}

impl Row {
    /// The figure of a key.
    pub(crate) fn get(&self, key: &str) -> Figure {
        self.0.iter().find(|(name, _)| *name == key).and_then(|(_, figure)| *figure)
    }
}

impl Means {
    /// Sums up the rows of all seeds, which have the same keys.
    pub(crate) fn new(rows: &[Row]) -> Self {
        let keys = rows.first().into_iter().flat_map(|row| row.0.iter().map(|(key, _)| *key));
        Self(
            keys.enumerate()
                .map(|(place, key)| Mean::new(key, rows.iter().map(|row| row.0[place].1)))
                .collect(),
        )
    }

    /// How a table shows the figure of a key.
    pub(crate) fn cell(&self, key: &str) -> String {
        let Some(figure) = self.0.iter().find(|mean| mean.key == key) else { return String::new() };
        let digits = if figure.mean.is_some_and(|mean| mean >= 100.0) { 0 } else { 3 };
        match (figure.mean, figure.none) {
            (None, _) => "never".to_owned(),
            (Some(mean), 0) => format!("{mean:.digits$}"),
            (Some(mean), none) => format!("{mean:.digits$} ({none} never)"),
        }
    }

    /// `key`, `key_sd` and `key_none` in order, the latter two where they say something.
    pub(crate) fn entries(&self) -> Vec<(String, Figure)> {
        let mut entries = Vec::new();
        for figure in &self.0 {
            entries.push((figure.key.to_owned(), figure.mean.map(rounded)));
            if let Some(spread) = figure.spread {
                entries.push((format!("{}_sd", figure.key), Some(rounded(spread))));
            }
            if figure.none > 0 {
                entries.push((format!("{}_none", figure.key), Some(f64::from(figure.none))));
            }
        }
        entries
    }
}

impl Mean {
    fn new(key: &'static str, figures: impl Iterator<Item = Figure> + Clone) -> Self {
        let none = figures.clone().filter(Option::is_none).map(|_| 1).sum();
        let (mut sum, mut count) = (0.0, 0.0);
        figures.clone().flatten().for_each(|figure| {
            sum += figure;
            count += 1.0;
        });
        let mean = (count > 0.0).then_some(sum / count);
        let around = |mean: f64| figures.flatten().map(move |figure| (figure - mean).powi(2)).sum::<f64>();
        let spread = mean.filter(|_| count > 1.0).map(|mean| (around(mean) / (count - 1.0)).sqrt());
        Self { key, mean, spread, none }
    }
}

/// Four digits after the point are more than chance leaves.
fn rounded(figure: f64) -> f64 {
    (figure * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_never_got_there_is_counted_and_not_averaged() {
        let row = |figure| Row(vec![("settle", figure)]);
        let means = Means::new(&[row(Some(1.0)), row(None), row(Some(4.0))]);
        let entry = |key: &str, figure| (key.to_owned(), Some(figure));
        let expected = [entry("settle", 2.5), entry("settle_sd", 2.1213), entry("settle_none", 1.0)];
        assert_eq!(means.entries(), expected);
        assert_eq!((means.cell("settle"), means.cell("other")), ("2.500 (1 never)".into(), String::new()));
    }
}
