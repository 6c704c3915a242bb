//! The state that screens look at.

use std::time::Duration;

use rtboot::line::{SlotPhase, Told, Watch};

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

#[test]
fn phase_is_named_as_it_is_serialized() {
    let told = Told::new("code", "what");
    for phase in [
        SlotPhase::Empty,
        SlotPhase::NoBoard { told: told.clone() },
        SlotPhase::Asking,
        SlotPhase::AwaitsLedger,
        SlotPhase::Passed { took_ms: 1 },
        SlotPhase::Failed { told: told.clone() },
        SlotPhase::Aborted { told: told.clone() },
        SlotPhase::Refused { told: told.clone() },
        SlotPhase::Out { told },
        SlotPhase::Off,
    ] {
        let json = serde_json::to_value(&phase).expect("JSON");
        assert_eq!(json["phase"], phase.name());
    }
}
