//! Checkstyle's XML, which many servers and review tools read.
//!
//! In: a report. Out: one `file` per file with its findings. The report's order is that of paths, so a file's findings
//! stand together.

use std::io::{self, Write};

use super::{Options, xml};
use crate::finding::{Finding, Report};
use crate::source::Sources;

/// Writes all findings, file by file.
pub(super) fn write(report: &Report, sources: &Sources, _: Options<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = xml::document(out)?;
    // The version is that of Checkstyle whose form this is; readers expect one.
    writer.create_element("checkstyle").with_attribute(("version", "8.0")).write_inner_content(|writer| {
        for own in report.findings.chunk_by(|a, b| a.primary.span.file == b.primary.span.file) {
            let path = xml::attribute(sources.path(own[0].primary.span.file).as_str());
            writer
                .create_element("file")
                .with_attribute(("name", path.as_str()))
                .write_inner_content(|writer| own.iter().try_for_each(|finding| error(writer, finding, sources)))?;
        }
        Ok(())
    })?;
    writeln!(out)
}

fn error(writer: &mut quick_xml::Writer<&mut dyn Write>, finding: &Finding, sources: &Sources) -> io::Result<()> {
    let at = sources.position(finding.primary.span.file, finding.primary.span.start);
    let message = xml::attribute(&finding.message);
    writer
        .create_element("error")
        .with_attribute(("line", at.line.to_string().as_str()))
        .with_attribute(("column", at.column.to_string().as_str()))
        .with_attribute(("severity", finding.severity.name()))
        .with_attribute(("message", message.as_str()))
        .with_attribute(("source", xml::attribute(&format!("corslint.{}", finding.rule)).as_str()))
        .write_empty()?;
    Ok(())
}
