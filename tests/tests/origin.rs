//! The real origin that the other tests rely on: nginx per interface, fed by ffmpeg.

use std::time::Duration;

use weir_tests::encoder::Encoder;
use weir_tests::origin::NginxOrigin;
use weir_tests::patience;
use weir_tests::reference::Ports;
use weir_tests::tools::{NGINX, Need, needs};

#[test]
fn each_interface_plays_and_one_can_go_while_the_others_stay() {
    if !(needs(NGINX) && needs(&[Need::Program("ffmpeg")])) {
        return;
    }
    let mut origin = NginxOrigin::start(Ports::free());
    let encoder = Encoder::start(&origin.publish_url());
    origin.wait_until_playable();
    origin.take_away(2);
    assert_eq!([0, 1, 2, 3].map(|i| origin.playlist_status(i)), [Some(200), Some(200), None, Some(200)]);
    origin.bring_back(2);
    origin.wait_until_playable();
    drop(encoder);
    patience::all_through(Duration::from_secs(3), || {
        // The server does not notice that its encoder is gone: that is what the HLS probe is for.
        assert_eq!(origin.playlist_status(0), Some(200));
    });
}
