import Cryptography
import Identity
import Kernel
import Media
import Storage
import Web

/// Turns what a form sent into a draft. Says nothing about right or wrong: the engine does, of all fields at once.
struct FormReader: Sendable {
    let desk: LedgerDesk
    /// The row being changed; nil for a new one.
    let record: Record?

    /// Stores the files that came with the form and returns the draft.
    ///
    /// - Throws: `.invalid` with a finding for every file that is not what it should be.
    func draft(_ input: FormInput) async throws -> Draft {
        var draft = Draft()
        var findings: [FieldFinding] = []
        for field in desk.formFields {
            if record != nil, field.marks.contains(.immutable) { continue }
            switch field.kind {
            case .photo, .files:
                do { draft.values[field.name] = try await files(field, input) } catch let failure as Failure where failure.kind == .invalid { findings += failure.fields }
            default: if let value = value(field, input) { draft.values[field.name] = value }
            }
        }
        if let owner = input["org"].flatMap({ Int64($0) }) { draft.org = owner }
        guard findings.isEmpty else { throw FormFault(draft: draft, findings: findings) }
        return draft
    }

    private func value(_ field: Field, _ input: FormInput) -> JSONValue? {
        switch field.kind {
        // No chosen box is sent as nothing at all.
        case .codes: return .array(input.all(field.name).map(JSONValue.string))
        default:
            guard input.has(field.name) else { return nil }
            guard let text = input[field.name] else { return keepsBlank(field) ? nil : .null }
            return .string(text)
        }
    }

    /// A hidden personal value stays when its control is left blank.
    private func keepsBlank(_ field: Field) -> Bool { field.isPersonal && !(record?.values[field.name]?.isNull ?? true) }

    private func files(_ field: Field, _ input: FormInput) async throws -> JSONValue? {
        let stored = record?.files(field) ?? []
        let kept = input.all(field.name + ".kept")
        var files = stored.filter { kept.contains($0.sha256) }
        files += kept.compactMap { desk.services.seal.open($0, by: desk.principal) }
        for upload in input.files(field.name) { files.append(try await desk.services.store(upload, as: field, by: desk.principal.organisation)) }
        if case .photo = field.kind { return files.last.map { .string($0.sha256) } ?? .null }
        return .array(files.map(\.json))
    }
}

/// A form whose files were refused, with what could be read of the rest.
struct FormFault: Error {
    var draft: Draft
    var findings: [FieldFinding]
}
