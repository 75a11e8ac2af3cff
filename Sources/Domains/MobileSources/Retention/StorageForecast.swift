import Kernel
import Storage

/// A-47 容量与存储: how much room is left and how long it lasts, from what came yesterday.
package struct StorageForecast: Sendable, Equatable {
    /// Bytes free where photos and files are kept; nil when the store cannot tell.
    package var free: Int64?
    /// Photos that came yesterday, and their bytes.
    package var photosADay: Int64
    package var bytesADay: Int64
    /// Years that photos of passes are kept.
    package var photoYears: Int?

    package init(free: Int64?, photosADay: Int64, bytesADay: Int64, photoYears: Int?) {
        self.free = free
        self.photosADay = photosADay
        self.bytesADay = bytesADay
        self.photoYears = photoYears
    }

    /// Days until the room is used up, were nothing ever removed; nil when nothing came or the room is not known.
    package var daysLeft: Int? { free.flatMap { bytesADay > 0 ? Int($0 / bytesADay) : nil } }

    /// Bytes of photos that there will be once as many leave as come; nil when they are kept for ever.
    package var settledBytes: Int64? { photoYears.map { bytesADay * 365 * Int64($0) } }

    package static func read(free: Int64?, today: Day, in reader: any Reader) throws -> StorageForecast {
        let yesterday = today.adding(days: -1)
        let row = try reader.first("SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM photos WHERE received_at >= \(yesterday.start) AND received_at < \(yesterday.end)")
        let years = try RetentionRule.all.first { $0.kind == .gatePhotos }?.years(in: reader)
        return StorageForecast(free: free, photosADay: row?[0].int ?? 0, bytesADay: row?[1].int ?? 0, photoYears: years)
    }
}
