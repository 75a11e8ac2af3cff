import Kernel
import Web

/// External addresses on a dashboard: a line each, title before address; only https and http, only hosts the installation admits.
enum LinkLines {
    static func read(_ text: String, admitting hosts: [String]) -> (links: [(title: String, address: String)], faults: [String]) {
        var links: [(title: String, address: String)] = []
        var faults: [String] = []
        for line in text.split(separator: "\n").map({ $0.filter { $0 != "\r" } }) {
            let words = line.split(separator: " ")
            guard let address = words.last.map({ String($0) }) else { continue }
            let origin = SecurityPolicy.origin(of: address)
            let host = origin.drop { $0 != "/" }.drop { $0 == "/" }
            guard !origin.isEmpty, hosts.contains(where: { host == $0 || host.hasPrefix($0 + ":") }) else {
                faults.append(address)
                continue
            }
            let title = words.dropLast().joined(separator: " ")
            links.append((title.isEmpty ? String(host) : title, address))
        }
        return (links, faults)
    }
}
