import Identity

/// Who sends files, and to which form.
package struct UploadSource: Sendable {
    package var principal: Principal?
    package var address: String
    package var path: String

    package init(principal: Principal?, address: String, path: String) {
        self.principal = principal
        self.address = address
        self.path = path
    }
}

/// Looks at every file that any form sends, before the form's own route sees it.
package protocol UploadInspector: Sendable {
    /// - Returns: the files as they may be taken, perhaps cleaned or with another name.
    /// - Throws: `.invalid` with a finding for each file that is not taken.
    func inspect(_ files: [UploadedFile], from source: UploadSource) async throws -> [UploadedFile]
}
