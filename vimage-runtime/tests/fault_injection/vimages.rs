//! The same for vimages: a step of one class fails, and the other classes are counted as well.

use std::fmt;

use vimage::module::register;
use vimage::prelude::*;
use vimage::{
    CreateError, InstanceState, ShutdownError, VimageDestroyError,
    kernel::{Cpu, Net, Procg},
};

use crate::{Attach, Detach, Dropped, NAMES, Quiesce, Step};
use crate::{assert_failure, assert_only_base, count, faults, log, panics, reported, set, text, turn, unregister_late};

/// Modules of all classes.
const ALL: usize = NAMES.len();

/// Of each module what was attached is detached; both values of those in `made` are dropped, and no others.
fn assert_balanced(log: &[(Step, usize)], made: impl Fn(usize) -> bool, case: &dyn fmt::Display) {
    for (module, name) in NAMES.iter().enumerate() {
        assert_eq!(count(log, Attach, module), count(log, Detach, module), "{case}: {name}");
        let dropped = 2 * usize::from(made(module));
        assert_eq!(count(log, Dropped, module), dropped, "{case}: {name}");
    }
    assert_only_base(case);
}

#[test]
fn creation_and_end() {
    /// The class of each module; they are made in this order.
    const CLASS: [usize; ALL] = [1, 1, 1, 1, 1, 0, 2];
    let _turn = turn();
    register("late").unwrap();
    for fault in faults(Attach, ALL) {
        set([fault]);
        let created = Vimage::builder().fresh_all().create();
        let Err(CreateError::Attach(error)) = created else { panic!("{fault}: {created:?}") };
        assert_eq!(error.module(), NAMES[fault.module]);
        assert_balanced(&log(), |module| CLASS[module] <= CLASS[fault.module], &fault);
    }
    let states = |vimage: &Vimage| {
        [vimage.instance::<Net>().state(), vimage.instance::<Cpu>().state(), vimage.instance::<Procg>().state()]
    };
    for fault in faults(Quiesce, ALL) {
        let red = Vimage::builder().fresh_all().create().unwrap();
        set([fault]);
        let shut = red.shutdown();
        let Err(ShutdownError::Refused { module, source }) = shut else { panic!("{fault}: {shut:?}") };
        assert_eq!((module, source.to_string()), (NAMES[fault.module], text(fault)));
        assert_eq!(states(&red), [InstanceState::Live; 3]);

        set([fault]);
        let destroyed = red.destroy();
        let Err(VimageDestroyError::Refused { vimage, module, source }) = destroyed else {
            panic!("{fault}: {destroyed:?}")
        };
        assert_eq!((module, source.to_string()), (NAMES[fault.module], text(fault)));
        assert_eq!(states(&vimage), [InstanceState::Live; 3]);
        assert!(log().iter().all(|(step, _)| *step == Quiesce), "{fault}: nothing has ended");

        set([fault]);
        drop(vimage);
        let log = log();
        let ended = (0..ALL).all(|module| (count(&log, Detach, module), count(&log, Dropped, module)) == (1, 2));
        assert!(ended, "{fault}: nobody is left to keep it: {log:?}");
        assert_eq!(reported()[0].module, Some(NAMES[fault.module]));
        assert_only_base(&fault);
    }
    for fault in panics(Detach, ALL).chain(panics(Dropped, ALL)) {
        set([fault]);
        let destroyed = Vimage::builder().fresh_all().create().unwrap().destroy();
        let Err(VimageDestroyError::Panicked(failures)) = destroyed else { panic!("{fault}: {destroyed:?}") };
        assert_failure(&failures, fault);
        assert_balanced(&log(), |_| true, &fault);

        set([fault]);
        drop(Vimage::builder().fresh_all().create().unwrap());
        assert_failure(&reported(), fault);
        assert_balanced(&log(), |_| true, &fault);
    }
    set([]);
    unregister_late();
}
