import Kernel
import Video

/// Whether a camera answers at all: a connection and `OPTIONS`, whatever it says to that. Handed in by the App, because domains open no connections.
package typealias CameraCall = @Sendable (_ host: String, _ port: Int, _ isTLS: Bool, _ address: String) async throws -> Void

/// Asks cameras that nobody looks at, thirty-two side by side.
struct CameraProbe: Sendable {
    let sources: CameraSources
    let standings: CameraStandings
    let streams: StreamHouse
    let call: CameraCall

    /// - Returns: how many were asked and how many of them did not answer.
    func round(limit: Int = 200) async throws -> (asked: Int, missed: Int) {
        let due = try await standings.due(limit: limit)
        var missed = 0
        var rest = due[...]
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<32 { if let camera = rest.popFirst() { group.addTask { await ask(camera) } } }
            for await answered in group {
                if !answered { missed += 1 }
                if let camera = rest.popFirst() { group.addTask { await ask(camera) } }
            }
        }
        return (due.count, missed)
    }

    private func ask(_ camera: CameraEntry) async -> Bool {
        let reason = await reason(camera)
        do { try await standings.note(camera.id, reason) } catch { return false }
        return reason == nil
    }

    private func reason(_ camera: CameraEntry) async -> VideoReason? {
        if let running = streams.standing(of: camera.id), running.note.state == .live { return nil }
        do {
            let source = try await sources.source(of: camera.id)
            guard case .camera(let address, let host, _, _) = source.kind else { return nil }
            try await call(host, address.port, address.isTLS, address.text)
            return nil
        } catch let refusal as VideoRefusal { return refusal.reason } catch { return .unreachable }
    }
}
