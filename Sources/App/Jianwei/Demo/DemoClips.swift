import Foundation
import Kernel

/// Makes what the demonstration's cameras record, from their pictures, with ffmpeg; a machine without it has a demonstration without recordings.
actor DemoClips {
    /// One at a time, so that recording takes no more than a part of one core.
    static let shared = DemoClips()

    private static let seconds = 5
    private var isMissing = false

    /// A recording of a few seconds in H.264; nil where ffmpeg is missing or fails.
    func recording(of picture: [UInt8]) async -> [UInt8]? {
        guard !isMissing else { return nil }
        let folder = NSTemporaryDirectory() + "/jianwei-clip-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(picture).write(to: URL(fileURLWithPath: folder + "/picture.jpg"))
            guard try await film(folder) else { return nil }
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/clip.mp4")))
        } catch {
            isMissing = true
            return nil
        }
    }

    /// The picture comes nearer, as a truck that rolls up to the barrier.
    private func film(_ folder: String) async throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "nice", "-n", "19", "ffmpeg", "-nostdin", "-loglevel", "error", "-threads", "1", "-i", folder + "/picture.jpg", "-vf",
            "scale=1280:-2,zoompan=z='1+0.004*on':x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':d=\(DemoClips.seconds * 12):fps=12:s=640x480", "-c:v", "libx264", "-preset",
            "veryfast", "-pix_fmt",
            "yuv420p", "-movflags", "+faststart", "-y", folder + "/clip.mp4",
        ]
        process.standardError = FileHandle.nullDevice
        let ended = AsyncStream<Void> { continuation in process.terminationHandler = { _ in continuation.finish() } }
        try process.run()
        for await _ in ended {}
        // The wait also ends when the program does; what still runs has no status to be asked for.
        guard !process.isRunning else {
            process.terminate()
            return false
        }
        // env says 127 when there is no such program.
        if process.terminationStatus == 127 { isMissing = true }
        return process.terminationStatus == 0
    }
}
