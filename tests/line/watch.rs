//! The state that screens look at.

use std::time::Duration;

use rtboot::line::Watch;

#[test]
fn whoever_waits_sees_the_change() {
    let watch = Watch::new();
    let (seen, _) = watch.now();
    let waiting = watch.clone();
    let waiter = std::thread::spawn(move || waiting.after(seen, Duration::from_secs(60)));
    watch.change(|state| state.operator = "Ana".into());
    let (number, state) = waiter.join().expect("a state");
    assert_eq!((number, state.operator.as_str()), (seen + 1, "Ana"));
}

#[test]
fn without_a_change_the_wait_ends() {
    let watch = Watch::new();
    let (seen, _) = watch.now();
    let (number, _) = watch.after(seen, Duration::from_millis(1));
    assert_eq!(number, seen);
}
