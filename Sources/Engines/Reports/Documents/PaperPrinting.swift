import Identity
import Kernel
import Storage

extension ReportEngine {
    /// The paper's words for one subject; nil when there is no such subject for this person.
    package func paper(_ template: PaperTemplate, number: String, by principal: Principal, in reader: any Reader) throws -> (subject: PaperSubject, words: [String: String])? {
        guard let source = paperSource(template.source), let subject = try source.find(number, principal, reader) else { return nil }
        var words = subject.words
        words["编号"] = subject.number
        words["单位"] = principal.organisationName
        words["打印人"] = principal.name
        let (year, month, day) = clock.today.parts
        words["打印日期"] = "\(year)年\(month)月\(day)日"
        return (subject, words)
    }

    /// - Parameter address: scheme and host before the subject's path, for the code.
    /// - Throws: `.notFound`; `JW-R040` where no office program is installed.
    package func printed(_ template: PaperTemplate, number: String, address: String, by principal: Principal) async throws -> (title: String, pdf: [UInt8]) {
        let (subject, bytes) = try await database.read(within: .seconds(10)) { [self] reader -> (PaperSubject, [UInt8]) in
            guard let (subject, words) = try paper(template, number: number, by: principal, in: reader) else { throw Failure.notFound("编号为“\(number)”的事项") }
            return (subject, try PaperFile(template: template, words: words, code: subject.path.map { address + $0 }).document())
        }
        return (subject.number, try await converted(bytes, ending: "docx", to: .pdf, for: principal.id))
    }
}
