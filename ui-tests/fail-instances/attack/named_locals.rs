//! The local that borrow errors name can be named by those who try, but there is nothing in it.

use vimage::prelude::*;

#[vnet_module]
mod foo {
    use attack_macros::glue;
    use std::future::pending;
    use std::sync::Mutex;
    use vimage::prelude::*;

    #[virtualized]
    static NAME: Mutex<String> = Mutex::new(String::new());

    async fn by_a_macro_that_makes_names() -> String {
        let name = {
            V_NAME.lock().unwrap().push('!');
            (move || glue!(v_name_is_borrowed_across _an_await_use _keep_or_held))()
        };
        pending::<()>().await;
        name.get().lock().unwrap().clone()
    }

    fn in_sync_code() -> String {
        V_NAME.lock().unwrap().push('!');
        glue!(v_name_is_of_one_instance_use _keep_or_held).get().lock().unwrap().clone()
    }

    macro_rules! println {
        ($name:ident = $value:expr) => {
            $name
        };
    }

    async fn as_the_name_of_an_argument() -> String {
        let name = println!(v_name_is_borrowed_across_an_await_use_keep_or_held = V_NAME.lock().unwrap().push('!'));
        pending::<()>().await;
        name.get().lock().unwrap().clone()
    }
}

fn main() {}
