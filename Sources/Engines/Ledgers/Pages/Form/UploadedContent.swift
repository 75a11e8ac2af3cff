import Kernel
import Media
import Storage
import Web

/// What an uploaded file is, judged by its bytes; the name and the type the browser said are not believed.
package enum UploadedContent {
    /// What a `.files` field takes, for the file dialog.
    package static let accepted = ".pdf,.jpg,.jpeg,.png,.webp,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.zip,.txt,.csv,.mp4"
    /// Bytes of one file.
    package static let byteLimit = 32 << 20

    /// - Returns: the media type; nil for a kind that is not taken.
    package static func mediaType(of bytes: [UInt8], named name: String) -> String? {
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        if begins(bytes, [0x25, 0x50, 0x44, 0x46, 0x2D]) { return "application/pdf" }
        if begins(bytes, [0xFF, 0xD8, 0xFF]) || begins(bytes, [0x89, 0x50, 0x4E, 0x47]) || begins(bytes, [0x52, 0x49, 0x46, 0x46]) {
            return (try? ImageFile.inspect(bytes, byteLimit: byteLimit))?.kind.mediaType
        }
        if begins(bytes, [0x50, 0x4B, 0x03, 0x04]) { return zipped[ending] ?? "application/zip" }
        if begins(bytes, [0xD0, 0xCF, 0x11, 0xE0]) { return ["doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint"][ending] }
        if bytes.count > 12, Array(bytes[4..<8]) == Array("ftyp".utf8) { return "video/mp4" }
        if ["txt", "csv"].contains(ending), String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) { return "text/plain; charset=utf-8" }
        return nil
    }

    private static let zipped = [
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ]

    private static func begins(_ bytes: [UInt8], _ start: [UInt8]) -> Bool { bytes.count > start.count && Array(bytes[0..<start.count]) == start }
}

extension LedgerServices {
    /// Judges and stores one file of a form or an API upload.
    ///
    /// - Throws: `.invalid` with one finding for the field.
    func store(_ upload: UploadedFile, as field: Field, by organisation: Int64?) async throws -> AttachedFile {
        try await FileIntake(photos: photos, blobs: blobs, clock: clock).store(upload, as: field, by: organisation)
    }
}

/// Judges and stores one uploaded file for a field.
struct FileIntake: Sendable {
    let photos: PhotoStore
    let blobs: any BlobStore
    let clock: Clock

    /// - Throws: `.invalid` with one finding for the field.
    func store(_ upload: UploadedFile, as field: Field, by organisation: Int64?) async throws -> AttachedFile {
        func refuse(_ message: String) -> Failure { Failure.invalid([FieldFinding(field.name, "file", message, title: field.title)]) }
        if case .photo = field.kind {
            do {
                let receipt = try await photos.receive(upload.bytes, expectedSHA256: nil, organisation: organisation, clock: clock)
                return AttachedFile(sha256: receipt.sha256, name: upload.filename, mediaType: receipt.facts.kind.mediaType, size: upload.bytes.count)
            } catch let failure as Failure where failure.kind == .invalid || failure.kind == .tooLarge {
                throw refuse("：\(upload.filename) \(failure.message)")
            }
        }
        guard upload.bytes.count <= UploadedContent.byteLimit else { throw refuse("：\(upload.filename) 超过 \(UploadedContent.byteLimit >> 20) MB 上限") }
        guard let type = UploadedContent.mediaType(of: upload.bytes, named: upload.filename) else {
            throw refuse("：\(upload.filename) 不是可接受的文件（PDF、图片、Word、Excel、PPT、ZIP、TXT、MP4）")
        }
        let sha256 = try await blobs.put(upload.bytes).hash
        return AttachedFile(sha256: sha256, name: upload.filename, mediaType: type, size: upload.bytes.count)
    }
}
