//! JUnit's XML, which nearly every CI server shows.
//!
//! In: a report. Out: one suite per file and one failing case per finding; when nothing is found, one case that passes,
//! since servers take a report without any case for a broken one.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::{Options, summary, xml};
use crate::finding::{Finding, Report};
use crate::source::Sources;

/// Writes all findings as failures.
pub(super) fn write(report: &Report, sources: &Sources, options: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = xml::document(out)?;
    let failures = report.findings.len().to_string();
    let tests = report.findings.len().max(1).to_string();
    let time = format!("{:.3}", options.elapsed.unwrap_or_default().as_secs_f64());
    let counts = [("tests", tests.as_str()), ("failures", failures.as_str()), ("errors", "0"), ("time", time.as_str())];
    let all = writer.create_element("testsuites").with_attribute(("name", "corslint")).with_attributes(counts);
    all.write_inner_content(|writer| {
        if report.findings.is_empty() {
            return pass(writer, summary::verdict(report));
        }
        let same_file = |a: &Finding, b: &Finding| a.primary.span.file == b.primary.span.file;
        report.findings.chunk_by(same_file).try_for_each(|own| suite(writer, own, sources))
    })?;
    writeln!(out)
}

fn pass(writer: &mut Writer<&mut dyn Write>, verdict: &str) -> io::Result<()> {
    let counts = [("name", "corslint"), ("tests", "1"), ("failures", "0"), ("errors", "0")];
    writer.create_element("testsuite").with_attributes(counts).write_inner_content(|writer| {
        let case = writer.create_element("testcase");
        case.with_attributes([("classname", "corslint"), ("name", verdict)]).write_empty().map(|_| ())
    })?;
    Ok(())
}

fn suite(writer: &mut Writer<&mut dyn Write>, own: &[Finding], sources: &Sources) -> io::Result<()> {
    let path = xml::attribute(sources.path(own[0].primary.span.file).as_str());
    let number = own.len().to_string();
    let counts = [("name", path.as_str()), ("tests", number.as_str()), ("failures", number.as_str()), ("errors", "0")];
    writer
        .create_element("testsuite")
        .with_attributes(counts)
        .write_inner_content(|writer| own.iter().try_for_each(|finding| case(writer, finding, &path, sources)))?;
    Ok(())
}

fn case(writer: &mut Writer<&mut dyn Write>, finding: &Finding, path: &str, sources: &Sources) -> io::Result<()> {
    let at = sources.position(finding.primary.span.file, finding.primary.span.start);
    let name = xml::attribute(&format!("{}:{}:{}", finding.rule, at.line, at.column));
    let (rule, message) = (xml::attribute(&finding.rule), xml::attribute(&finding.message));
    let more: String = finding.see.iter().map(|url| format!("\nsee: {url}")).collect();
    let text = format!(
        "{}:{}:{}: {}[{}]: {}\nhelp: {}{more}",
        path, at.line, at.column, finding.severity, rule, message, finding.help
    );
    writer
        .create_element("testcase")
        .with_attributes([("classname", path), ("name", name.as_str())])
        .write_inner_content(|writer| {
            let failure = writer.create_element("failure");
            let failure = failure.with_attributes([("type", rule.as_str()), ("message", message.as_str())]);
            failure.write_text_content(BytesText::new(&xml::body(&text))).map(|_| ())
        })?;
    Ok(())
}
