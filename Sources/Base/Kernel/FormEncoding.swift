/// `application/x-www-form-urlencoded`, both ways.
package enum FormEncoding {
    package static func encode(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): out.append(byte)
            default: out += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    package static func decode(_ text: some Sequence<UInt8>) -> String {
        var out: [UInt8] = []
        var pending: [UInt8] = []
        for byte in text {
            if !pending.isEmpty {
                pending.append(byte)
                if pending.count == 3 {
                    if let high = digit(pending[1]), let low = digit(pending[2]) { out.append(high << 4 | low) } else { out += pending }
                    pending.removeAll(keepingCapacity: true)
                }
            } else if byte == UInt8(ascii: "%") {
                pending.append(byte)
            } else {
                out.append(byte == UInt8(ascii: "+") ? 32 : byte)
            }
        }
        return String(decoding: out + pending, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}
