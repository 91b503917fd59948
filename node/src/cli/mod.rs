//! The command line: arguments in, answers out, an exit code.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

mod account;
mod alarms;
mod apart;
mod arguments;
mod backup;
mod capture;
mod code_list;
mod contract;
mod credit;
mod data;
mod demo;
mod dot;
mod draw;
mod epcis;
mod found;
mod governance;
mod id;
mod import;
mod language;
mod machine;
mod measures;
mod org;
mod outcome;
mod place;
mod procedure;
mod run;
mod screen;
mod series;
mod sources;
mod status;
mod supervision;
mod text;
mod trace;
mod usage;
mod verify;

use arguments::{Command, EpcisCommand, GenesisCommand, IdCommand, NodeCommand};
use outcome::{Outcome, write_reason};
use place::Failure;
use screen::Screen;
use usage::NotRun;

use crate::clock;

/// Runs the command that `arguments` (the program's name first) ask for.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut screen = Screen::new(language::of_arguments(&arguments));
    let outcome = execute(&arguments, &mut screen).and_then(|outcome| screen.flush().map(|()| outcome));
    match outcome {
        Ok(outcome) => outcome.into(),
        // Who read the answers has seen enough. They are not all, so this is no success.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Failed.into(),
        Err(error) => {
            screen.complain_last("-", write_reason(&error));
            Outcome::Failed.into()
        }
    }
}

fn execute(arguments: &[OsString], screen: &mut Screen) -> io::Result<Outcome> {
    let arguments = match usage::parse(arguments, screen.language) {
        Ok(arguments) => arguments,
        Err(NotRun::Shown(help)) => {
            screen.answers().write_all(help.as_bytes())?;
            return Ok(Outcome::Done);
        }
        Err(NotRun::Wrong(message)) => {
            screen.say(&message)?;
            return Ok(Outcome::WrongUse);
        }
    };
    // The demo's network has a clock of its own.
    let has_own = matches!(arguments.command, Command::Demo(_));
    let file = std::env::var_os(clock::VARIABLE).filter(|file| !file.is_empty() && !has_own);
    if let Some(Err(reason)) = file.map(|file| clock::follow(&file)) {
        return place::end(Err(Failure::Of(clock::VARIABLE.to_owned(), reason)), screen);
    }
    match arguments.command {
        Command::Id(IdCommand::Parse(options)) => id::parse(&options, screen),
        Command::Epcis(EpcisCommand::Validate(options)) => epcis::validate::run(&options, screen),
        Command::Epcis(EpcisCommand::Hash(options)) => epcis::hash::run(&options, screen),
        Command::Epcis(EpcisCommand::Convert(options)) => epcis::convert::run(&options, screen),
        Command::Demo(options) => place::end(demo::run(&options, screen), screen),
        Command::Capture(options) => place::end(capture::run(&options, screen), screen),
        Command::Trace(options) => place::end(trace::run(&options, screen), screen),
        Command::Verify(options) => place::end(verify::run(&options, screen), screen),
        Command::Query(options) => place::end(data::query(&options, screen), screen),
        Command::Export(options) => place::end(data::export(&options, screen), screen),
        Command::Fsck(options) => place::end(data::fsck(&options, screen), screen),
        Command::Alarms(options) => place::end(alarms::run(&options, screen), screen),
        Command::Node(NodeCommand::Init(options)) => place::end(found::init(&options, screen), screen),
        Command::Node(NodeCommand::Backup(options)) => place::end(backup::back_up(&options, screen), screen),
        Command::Node(NodeCommand::Restore(options)) => place::end(backup::restore(&options, screen), screen),
        Command::Node(NodeCommand::AcceptLoss(options)) => place::end(backup::accept_loss(&options, screen), screen),
        Command::Node(NodeCommand::Run(options)) => place::end(run::run(&options, screen), screen),
        Command::Node(NodeCommand::Status(options)) => place::end(status::run(&options, screen), screen),
        Command::Node(NodeCommand::Account(command)) => place::end(account::run(&command, screen), screen),
        Command::Keygen(options) => place::end(found::keygen(&options, screen), screen),
        Command::Genesis(GenesisCommand::New(options)) => place::end(found::genesis_new(&options, screen), screen),
        Command::Genesis(GenesisCommand::Check(options)) => place::end(found::genesis_check(&options, screen), screen),
        Command::Checkpoint(options) => place::end(verify::export(&options, screen), screen),
        Command::Governance(command) => place::end(governance::run(&command, screen), screen),
        Command::Org(command) => place::end(org::run(&command, screen), screen),
        Command::InspectDraw(options) => place::end(draw::run(&options, screen), screen),
        Command::Contract(options) => place::end(contract::run(&options, screen), screen),
        Command::Credit(options) => place::end(credit::run(&options, screen), screen),
        Command::Import(options) => place::end(import::run(&options, screen), screen),
        Command::Equipment(options) => place::end(supervision::show_equipment(&options, screen), screen),
        Command::Recall(options) => place::end(supervision::show_recalls(&options, screen), screen),
        Command::Recalled(options) => place::end(supervision::show_recalled(&options, screen), screen),
        Command::Measures(options) => place::end(measures::show_measures(&options, screen), screen),
        Command::Penalties(options) => place::end(measures::show_penalties(&options, screen), screen),
        Command::Objection(options) => place::end(procedure::object(&options, screen), screen),
        Command::Repair(options) => place::end(procedure::repair(&options, screen), screen),
        Command::Excursions(options) => place::end(supervision::show_excursions(&options, screen), screen),
        Command::Exceptions(options) => place::end(supervision::show_exceptions(&options, screen), screen),
        Command::Series(options) => place::end(series::run(&options, screen), screen),
        Command::Codes(options) => code_list::run(&options, screen),
    }
}
