import Hummingbird
import Identity
import Kernel
import Media
import Storage
import Web

/// Photos and files of API clients: uploaded first, then named by their hash in a row.
enum LedgerUploads {
    /// `multipart/form-data` with `field`, the field it is meant for, and `file`.
    @Sendable
    static func take(_ request: Request, _ desk: LedgerDesk) async throws -> Response {
        let form = try await request.form(desk.context)
        guard let name = form["field"], let field = desk.formFields.first(where: { $0.name == name }), field.holdsFiles else {
            throw Failure.invalid([FieldFinding("field", "unknown", "应为本台账的照片或附件字段", title: "字段")])
        }
        guard let upload = form.files("file").first else { throw Failure.invalid([FieldFinding("file", "required", "请上传文件", title: "文件")]) }
        let file = try await desk.services.store(upload, as: field, by: desk.principal.organisation)
        return .json(file.json, status: .created)
    }

    /// Every hash of a draft must be of something that is here.
    ///
    /// - Throws: `.invalid` with a finding for each field that names what is not.
    static func require(_ draft: Draft, _ desk: LedgerDesk) async throws {
        var findings: [FieldFinding] = []
        for field in desk.formFields where field.holdsFiles {
            guard let value = draft.values[field.name] else { continue }
            for file in (FilesField.elements(of: value) ?? []).compactMap(AttachedFile.init) {
                let isPhoto = try await desk.services.photos.photo(file.sha256) != nil
                let isHere = if isPhoto { true } else { try await desk.services.blobs.exists(file.sha256) }
                if !isHere || (field.kind == .photo && !isPhoto) { findings.append(FieldFinding(field.name, "missing", "引用的文件尚未上传", title: field.title)) }
            }
        }
        guard findings.isEmpty else { throw Failure.invalid(findings) }
    }
}

extension Field {
    /// Photos and attachments.
    var holdsFiles: Bool {
        switch kind {
        case .photo, .files: true
        default: false
        }
    }
}
