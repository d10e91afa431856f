//! Utilisation over time as a picture: a panel for each run, a line for each interface.

use std::fmt::Write;

use super::series::Series;

/// What one panel shows.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) run: Series,
}

/// Sizes in points.
const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 40.0;
/// Colours that stay apart for the colour-blind (Okabe and Ito 2008), in the order of the interfaces.
const COLOURS: [&str; 6] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];
/// A line has about so many points; each is the mean of its stretch.
const POINTS: usize = 800;

/// Where in a panel a moment and a utilisation are.
struct Axes {
    top: f64,
    from: f64,
    to: f64,
    highest: f64,
}

/// The picture of all panels, one below the other.
pub(super) fn draw(panels: &[Panel]) -> String {
    let height = panels.iter().fold(0.0, |height, _| height + HEIGHT);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let mut top = 0.0;
    for panel in panels {
        draw_panel(&mut svg, panel, top);
        top += HEIGHT;
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw_panel(svg: &mut String, panel: &Panel, top: f64) {
    let run = &panel.run;
    let peak = run.utilisation.iter().copied().fold(1.0, f64::max);
    let axes = Axes {
        top,
        from: f64::from(run.first) / 60.0,
        to: f64::from(run.end()) / 60.0,
        // The next fifth, so that the lines leave some air.
        highest: (peak * 5.0).ceil() / 5.0,
    };
    text(
        svg,
        (LEFT, top + 20.0),
        "start",
        &format!("<tspan font-weight=\"bold\">{}</tspan>", escaped(&panel.title)),
    );
    axes.draw(svg);
    for interface in 0..run.interfaces {
        let colour = COLOURS[interface % COLOURS.len()];
        let points = line(run, interface, &axes);
        push(
            svg,
            format_args!(
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\" points=\"{points}\"/>\n"
            ),
        );
        let (x, y) = (WIDTH - RIGHT + 14.0, top + TOP + 10.0 + 18.0 * f64::from(narrow(interface)));
        push(
            svg,
            format_args!(
                "<line x1=\"{x}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"3\"/>\n",
                x + 18.0
            ),
        );
        text(svg, (x + 24.0, y + 4.0), "start", &format!("interface {}", interface + 1));
    }
}

impl Axes {
    fn x(&self, minute: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (minute - self.from) / (self.to - self.from)
    }

    fn y(&self, utilisation: f64) -> f64 {
        self.top + HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * utilisation / self.highest
    }

    fn draw(&self, svg: &mut String) {
        let (left, right, bottom) = (LEFT, WIDTH - RIGHT, self.y(0.0));
        let step = if self.highest > 1.2 { 0.5 } else { 0.2 };
        let mut level = 0.0;
        while level <= self.highest + 1e-9 {
            // The line at 100 % is the one that matters.
            let colour = if (level - 1.0_f64).abs() < 1e-9 { "#b00000" } else { "#dddddd" };
            let y = self.y(level);
            push(
                svg,
                format_args!(
                    "<line x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\"/>\n"
                ),
            );
            text(svg, (left - 6.0, y + 4.0), "end", &format!("{:.0} %", level * 100.0));
            level += step;
        }
        let step = if self.to - self.from > 240.0 { 60.0 } else { 10.0 };
        let mut minute = (self.from / step).ceil() * step;
        while minute <= self.to {
            let x = self.x(minute);
            push(
                svg,
                format_args!(
                    "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{bottom}\" y2=\"{}\" stroke=\"#555555\"/>\n",
                    bottom + 4.0
                ),
            );
            text(svg, (x, bottom + 17.0), "middle", &format!("{minute:.0}"));
            minute += step;
        }
        push(
            svg,
            format_args!(
                "<line x1=\"{left}\" x2=\"{right}\" y1=\"{bottom}\" y2=\"{bottom}\" stroke=\"#555555\"/>\n"
            ),
        );
        text(svg, (f64::midpoint(left, right), bottom + 33.0), "middle", "minutes since the start");
    }
}

/// The points of one interface's line.
fn line(run: &Series, interface: usize, axes: &Axes) -> String {
    let own: Vec<f64> = run.utilisation.iter().copied().skip(interface).step_by(run.interfaces).collect();
    let stretch = (own.len() / POINTS).max(1);
    let mut points = String::new();
    let mut second = f64::from(run.first);
    for values in own.chunks(stretch) {
        let count = f64::from(narrow(values.len()));
        let mean = values.iter().sum::<f64>() / count;
        push(&mut points, format_args!("{:.1},{:.1} ", axes.x((second + count / 2.0) / 60.0), axes.y(mean)));
        second += count;
    }
    points
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    push(svg, format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>\n"));
}

/// What has a meaning in XML is written as an entity.
fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn push(svg: &mut String, words: std::fmt::Arguments<'_>) {
    svg.write_fmt(words).expect("a string takes everything");
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
