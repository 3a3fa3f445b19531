/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

//! A question of the page to the user. The window has no widgets: the question stands in its title
//! bar, which begins with `mseshell:` and not with a question while none is open, so that no page can
//! imitate one. Keys answer it.

use servo::{
    EmbedderControlId, PermissionFeature, PermissionRequest, SelectElement, SelectElementOption,
    SelectElementOptionOrOptgroup, SimpleDialog,
};
use winit::keyboard::{Key, NamedKey};

/// What the page asks for.
pub enum Question {
    /// `alert()`, `confirm()` or `prompt()`.
    Dialog(SimpleDialog),
    /// The options of a `<select>`.
    Select(SelectElement),
    /// The use of a camera, a microphone or the like.
    Permission(PermissionRequest),
}

/// A question that is still open.
pub struct Prompt {
    /// What Servo knows the question as, if it can take it back.
    id: Option<EmbedderControlId>,
    question: Question,
}

impl Prompt {
    /// Opens a question, which Servo may know as `id`.
    pub fn new(id: Option<EmbedderControlId>, question: Question) -> Self {
        Self { id, question }
    }

    /// Whether this is the question that Servo knows as `id`.
    pub fn is(&self, id: EmbedderControlId) -> bool {
        self.id == Some(id)
    }

    /// The question, and the keys that answer it.
    pub fn title(&self) -> String {
        self.question.title()
    }

    /// Answers the question by a key that was pressed. Returns the prompt while it is still open.
    pub fn handle_key(mut self, key: &Key) -> Option<Self> {
        match key {
            Key::Named(NamedKey::Enter) => self.question.accept(),
            Key::Named(NamedKey::Escape) => self.question.dismiss(),
            key => {
                self.question.edit(key);
                return Some(self);
            }
        }
        None
    }
}

impl Question {
    fn title(&self) -> String {
        match self {
            Self::Dialog(SimpleDialog::Alert(alert)) => {
                format!("The page says: {} [Enter: OK]", alert.message())
            }
            Self::Dialog(SimpleDialog::Confirm(confirm)) => {
                format!(
                    "The page asks: {} [Enter: OK, Escape: cancel]",
                    confirm.message()
                )
            }
            Self::Dialog(SimpleDialog::Prompt(prompt)) => format!(
                "The page asks: {} > {}_ [type; Enter: OK, Escape: cancel]",
                prompt.message(),
                prompt.current_value()
            ),
            Self::Select(select) => {
                let selected = select.selected_options();
                let label = options_of(select)
                    .find(|option| selected.contains(&option.id))
                    .map_or("", |option| option.label.as_str());
                format!("Choose: {label} [Up, Down; Enter: OK]")
            }
            Self::Permission(request) => {
                let what = match request.feature() {
                    PermissionFeature::Camera => "use the camera".to_owned(),
                    PermissionFeature::Microphone => "use the microphone".to_owned(),
                    other => format!("use the feature {other:?}"),
                };
                format!("May the page {what}? [Enter: allow, Escape: deny]")
            }
        }
    }

    fn accept(self) {
        match self {
            Self::Dialog(dialog) => dialog.confirm(),
            Self::Select(select) => select.submit(),
            Self::Permission(request) => request.allow(),
        }
    }

    fn dismiss(self) {
        match self {
            Self::Dialog(dialog) => dialog.dismiss(),
            // A picker has no way to be cancelled: what is selected by now stays selected.
            Self::Select(select) => select.submit(),
            Self::Permission(request) => request.deny(),
        }
    }

    fn edit(&mut self, key: &Key) {
        match (self, key) {
            (Self::Dialog(SimpleDialog::Prompt(prompt)), key) => {
                let mut value = prompt.current_value().to_owned();
                match key {
                    Key::Named(NamedKey::Backspace) => drop(value.pop()),
                    Key::Named(NamedKey::Space) => value.push(' '),
                    Key::Character(text) => value.push_str(text),
                    _ => {}
                }
                prompt.set_current_value(&value);
            }
            (Self::Select(select), Key::Named(NamedKey::ArrowDown)) => {
                let ids: Vec<usize> = selectable_ids(select).collect();
                select_after(select, &ids);
            }
            (Self::Select(select), Key::Named(NamedKey::ArrowUp)) => {
                let mut ids: Vec<usize> = selectable_ids(select).collect();
                ids.reverse();
                select_after(select, &ids);
            }
            _ => {}
        }
    }
}

/// Selects the one of `ids` that follows the selected one, if any does; the first where none is
/// selected.
fn select_after(select: &mut SelectElement, ids: &[usize]) {
    let selected = select.selected_options();
    let position = ids.iter().position(|id| selected.contains(id));
    if let Some(id) = ids.get(position.map_or(0, |position| position + 1)) {
        select.select(vec![*id]);
    }
}

fn selectable_ids(select: &SelectElement) -> impl Iterator<Item = usize> {
    options_of(select)
        .filter(|option| !option.is_disabled)
        .map(|option| option.id)
}

fn options_of(select: &SelectElement) -> impl Iterator<Item = &SelectElementOption> {
    select.options().iter().flat_map(|entry| match entry {
        SelectElementOptionOrOptgroup::Option(option) => std::slice::from_ref(option),
        SelectElementOptionOrOptgroup::Optgroup { options, .. } => options.as_slice(),
    })
}
