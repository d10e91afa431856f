//! Utilisation over time as a picture: a line for each interface, phases set apart.

use std::fmt::{Arguments, Write};

use crate::run::Run;
use crate::world::LIMITS;

/// Sizes in points.
const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 40.0;

/// Colours that stay apart for the colour-blind (Okabe and Ito 2008), in the order of the interfaces.
const COLOURS: [&str; 4] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"];

/// The highest utilisation that is drawn: what a device lets through for a moment after it was idle is more than its limit.
const HIGHEST: f64 = 1.2;

/// Where in the picture a moment and a utilisation are.
struct Axes {
    end: f64,
}

/// The picture of a run.
pub(crate) fn draw(run: &Run) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    draw_run(&mut svg, run, &Axes { end: run.stretches.last().map_or(1.0, |stretch| stretch.to) });
    svg.push_str("</svg>\n");
    svg
}

fn draw_run(svg: &mut String, run: &Run, axes: &Axes) {
    let title = format!("<tspan font-weight=\"bold\">{}</tspan>", run.kind.title());
    text(svg, (LEFT, 20.0), "start", &title);
    axes.draw(svg);
    for stretch in &run.stretches {
        let (x, above, below) = (axes.x(stretch.from), TOP - 12.0, axes.y(0.0));
        push(
            svg,
            format_args!(
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{above}\" y2=\"{below}\" stroke=\"#999999\" \
                 stroke-dasharray=\"3 3\"/>\n"
            ),
        );
        text(svg, (x + 3.0, above + 4.0), "start", stretch.phase.name);
    }
    for (index, colour) in COLOURS.into_iter().enumerate() {
        let mut points = String::new();
        for moment in &run.moments {
            // The averages end at their moment: their middle is drawn.
            let (x, y) = (axes.x(moment.at - 2.5), axes.y(moment.each[index]));
            push(&mut points, format_args!("{x:.1},{y:.1} "));
        }
        push(
            svg,
            format_args!(
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.2\" points=\"{points}\"/>\n"
            ),
        );
        let (x, mut y) = (WIDTH - RIGHT + 14.0, TOP + 10.0);
        (0..index).for_each(|_| y += 18.0);
        let end = x + 18.0;
        push(
            svg,
            format_args!(
                "<line x1=\"{x}\" x2=\"{end}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"3\"/>\n"
            ),
        );
        text(svg, (x + 24.0, y + 4.0), "start", &format!("{:.0} Mbit/s", LIMITS[index]));
    }
}

impl Axes {
    fn x(&self, second: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * second.max(0.0) / self.end
    }

    fn y(&self, utilisation: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * utilisation.min(HIGHEST) / HIGHEST
    }

    fn draw(&self, svg: &mut String) {
        let (left, right, bottom) = (LEFT, WIDTH - RIGHT, self.y(0.0));
        for fifth in 0..=6 {
            // The line at 100 % is the one that matters.
            let colour = if fifth == 5 { "#b00000" } else { "#dddddd" };
            let level = 0.2 * f64::from(fifth);
            let y = self.y(level);
            push(
                svg,
                format_args!(
                    "<line x1=\"{left}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\"/>\n"
                ),
            );
            text(svg, (left - 6.0, y + 4.0), "end", &format!("{:.0} %", level * 100.0));
        }
        let mut minute = 0.0;
        while minute * 60.0 <= self.end {
            let x = self.x(minute * 60.0);
            let below = bottom + 4.0;
            push(
                svg,
                format_args!(
                    "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{bottom}\" y2=\"{below}\" stroke=\"#555555\"/>\n"
                ),
            );
            text(svg, (x, bottom + 17.0), "middle", &format!("{minute:.0}"));
            minute += 2.0;
        }
        text(svg, (f64::midpoint(left, right), bottom + 33.0), "middle", "minutes since the start");
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, words: &str) {
    push(svg, format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>\n"));
}

fn push(svg: &mut String, words: Arguments<'_>) {
    svg.write_fmt(words).expect("a string takes everything");
}
