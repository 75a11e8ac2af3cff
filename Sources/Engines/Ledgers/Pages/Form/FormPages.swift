import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 新增 and 修改: one form, in a page or in the dialog.
enum FormPages {
    @Sendable
    static func askNew(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        var written: [String: [String]] = [:]
        for field in desk.formFields {
            // `?emissionStage=5` starts a new record with a value, so that links from elsewhere can.
            let given = desk.context.here.all(field.name)
            if !given.isEmpty { written[field.name] = given } else if let fallback = field.fallback { written[field.name] = fallback.isEmpty ? [] : [fallback] }
        }
        if let owner = desk.context.here["org"] { written["org"] = [owner] }
        return try await answer(desk, FormState(record: nil, written: written))
    }

    @Sendable
    static func create(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let input = try await request.form(desk.context)
        var state = FormState(record: nil, written: written(input, desk))
        do {
            let draft = try await FormReader(desk: desk, record: nil).draft(input)
            try state.keep(draft, desk)
            let record = try await desk.engine.create(desk.ledger.name, draft, by: desk.principal)
            let title = desk.context.text("已新增", "Created")
            if input["_next"] == "new" { return Shell.done(title, to: "\(desk.path)/new", context: desk.context) }
            return Shell.done(title, to: desk.path(of: record.id), context: desk.context)
        } catch let fault as FormFault {
            try state.keep(fault.draft, desk)
            state.findings = fault.findings
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            state.take(failure)
        }
        return try await answer(desk, state)
    }

    @Sendable
    static func askEdit(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        try await answer(desk, FormState(record: desk.record(desk.context.id()), written: nil))
    }

    @Sendable
    static func update(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let id = try desk.context.id()
        let input = try await request.form(desk.context)
        let record = try await desk.record(id)
        var state = FormState(record: record, written: written(input, desk))
        let version = input["_version"].flatMap { Int($0) }
        do {
            let draft = try await FormReader(desk: desk, record: record).draft(input)
            try state.keep(draft, desk)
            guard version == record.version else { throw changed(record) }
            _ = try await desk.engine.update(desk.ledger.name, id: id, draft, expectedVersion: version, by: desk.principal)
            return Shell.done(desk.context.text("已保存", "Saved"), to: desk.path(of: id), context: desk.context)
        } catch let fault as FormFault {
            try state.keep(fault.draft, desk)
            state.findings = fault.findings
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            state.take(failure)
        }
        return try await answer(desk, state)
    }

    private static func changed(_ record: Record) -> Failure {
        Failure(.conflict, "JW-L409", "这条记录在您填写期间被他人修改（现为第 \(record.version) 版）。您填写的内容仍在下方，再次保存将覆盖对方的修改")
    }

    private static func written(_ input: FormInput, _ desk: LedgerDesk) -> [String: [String]] {
        var written: [String: [String]] = [:]
        for field in desk.formFields { written[field.name] = input.all(field.name) }
        written["org"] = input.all("org")
        return written
    }

    private static func answer(_ desk: LedgerDesk, _ state: FormState) async throws -> Response {
        let face = try await desk.database.read { reader in
            try desk.face(for: state.record.map { [$0] } ?? [], linked: state.links(desk.ledger), in: reader)
        }
        let isNew = state.record == nil
        let title = desk.context.text(isNew ? "新增\(desk.ledger.title)" : "修改\(desk.ledger.title)", (isNew ? "New: " : "Edit: ") + desk.title)
        let form = Form(
            action: state.record.map { "\(desk.path(of: $0.id))/edit" } ?? "\(desk.path)/new", sections: sections(desk, face, state),
            submit: desk.context.text("保存", "Save"), cancel: state.record.map { desk.path(of: $0.id) } ?? desk.path, findings: state.findings,
            extra: isNew && !desk.context.isDialog ? again(desk) : .empty, context: desk.context)
        let notice: Markup = state.notice.map { "\(Notice(.orange, "\($0)"))" } ?? .empty
        var crumbs = [Crumb(desk.title, desk.path)]
        if let record = state.record { crumbs.append(Crumb(face.name(of: record), desk.path(of: record.id))) }
        crumbs.append(Crumb(desk.context.text(isNew ? "新增" : "修改", isNew ? "New" : "Edit")))
        let failed = !state.findings.isEmpty || state.notice != nil
        return Shell.page(
            title, crumbs: crumbs, active: desk.path, status: failed ? .unprocessableContent : .ok,
            body: Shell.framed("\(notice)\(form)", desk.context),
            context: desk.context)
    }

    private static func again(_ desk: LedgerDesk) -> Markup {
        "<button type=\"submit\" class=\"btn btn-plain\" name=\"_next\" value=\"new\"><span>\(desk.context.text("保存并继续新增", "Save and add another"))</span></button>"
    }

    private static func sections(_ desk: LedgerDesk, _ face: RecordFace, _ state: FormState) -> [FormSection] {
        let control = FieldControl(desk: desk, face: face)
        var sections: [FormSection] = []
        var first: [FormField] = []
        if let record = state.record { first.append(FormField("_version", "", .hidden, value: String(record.version))) }
        if state.record == nil, desk.showsOwner { first.append(owner(desk, face, state)) }
        if !first.isEmpty { sections.append(FormSection(desk.formFields.first?.section, first)) }
        for field in desk.formFields {
            let controls = control.controls(for: field, written: state.written?[field.name], record: state.record)
            if let index = sections.firstIndex(where: { $0.title == field.section }) {
                sections[index].fields += controls
            } else {
                sections.append(FormSection(field.section, controls))
            }
        }
        return sections
    }

    private static func owner(_ desk: LedgerDesk, _ face: RecordFace, _ state: FormState) -> FormField {
        let value = state.written?["org"]?.first ?? ""
        // Where a domain prepares drafts it may know whose row it is, as a new enterprise's own organisation.
        let isFoundBySystem = desk.engine.hasPreparations(of: desk.ledger.name)
        return FormField(
            "org", desk.context.text(desk.ledger.owners.title, desk.ledger.owners.titleEN),
            .reference(url: "\(desk.path)/organisations", shown: Int64(value).map { face.organisation($0) } ?? ""), value: value,
            isRequired: !isFoundBySystem, help: isFoundBySystem ? desk.context.text("可不填，由系统按所填内容确定", "Left blank, it follows from the other fields") : nil)
    }
}

/// A form between two requests.
struct FormState {
    var record: Record?
    /// What the form came back with; nil shows the record's own values.
    var written: [String: [String]]?
    var findings: [FieldFinding] = []
    var notice: String?

    init(record: Record?, written: [String: [String]]?) {
        self.record = record
        self.written = written
    }

    mutating func take(_ failure: Failure) {
        findings = failure.fields
        // A summary of findings already says it; what has no field is said alone.
        if failure.fields.isEmpty { notice = failure.message }
    }

    /// Files that are stored stay chosen when the form comes back.
    mutating func keep(_ draft: Draft, _ desk: LedgerDesk) throws {
        for field in desk.formFields {
            switch field.kind {
            case .photo, .files:
                guard let value = draft.values[field.name] else { continue }
                let files = (FilesField.elements(of: value) ?? []).compactMap(AttachedFile.init)
                let stored = Set((record?.files(field) ?? []).map(\.sha256))
                written?[field.name] = try files.map { stored.contains($0.sha256) ? $0.sha256 : try desk.services.seal.seal($0, by: desk.principal) }
            default: continue
            }
        }
    }

    /// Rows of other ledgers whose titles the form shows.
    func links(_ ledger: LedgerDeclaration) -> [(field: Field, id: Int64)] {
        ledger.fields.compactMap { field in
            switch field.kind {
            case .reference, .organisation: written?[field.name]?.first.flatMap { Int64($0) }.map { (field, $0) }
            default: nil
            }
        }
    }
}
