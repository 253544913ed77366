"""Tracks the measurements of a file with Stone Soup, as a reference for fusion's own tracker.

Reads {"scans": [{"t_s", "measurements": [{"z": [azimuth, range, rate], "sigma": [...]}]}]} from
standard input and writes, for each scan, the places [[x, y], ...] of its confirmed tracks.

An EKF with the Singer model of fusion, global nearest neighbours in the same gate, three updates to
confirm, one second to delete.
"""

import datetime
import json
import sys

import numpy as np
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.nonlinear import CartesianToBearingRangeRate2D
from stonesoup.models.transition.linear import (
    CombinedLinearGaussianTransitionModel,
    Singer,
)
from stonesoup.predictor.kalman import ExtendedKalmanPredictor
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.types.track import Track
from stonesoup.updater.kalman import ExtendedKalmanUpdater

GATE = 13.931 ** 0.5
CONFIRM_UPDATES = 3
COAST_S = 1.0
TENTATIVE_COAST_S = 0.3
START = datetime.datetime(2026, 1, 1)


def detection(measurement, time):
    """A measurement as Stone Soup has it, with its own noise."""
    model = CartesianToBearingRangeRate2D(
        ndim_state=6,
        mapping=(0, 3),
        velocity_mapping=(1, 4),
        noise_covar=np.diag(np.square(measurement["sigma"])),
    )
    state = np.array(measurement["z"]).reshape(-1, 1)
    return Detection(state, timestamp=time, measurement_model=model)


def first_state(seen):
    """The state of an object of which this detection is all that is known."""
    azimuth, distance, rate = (float(value) for value in seen.state_vector)
    sigma = np.sqrt(np.diag(seen.measurement_model.noise_covar).astype(float))
    sin, cos = np.sin(azimuth), np.cos(azimuth)
    mean = np.array([distance * cos, rate * cos, 0, distance * sin, rate * sin, 0.0])
    along, across = sigma[1] ** 2, (distance * sigma[0]) ** 2
    covariance = np.diag([0, 1.0, 9.0, 0, 1.5**2, 9.0])
    covariance[0, 0] = along * cos**2 + across * sin**2
    covariance[3, 3] = along * sin**2 + across * cos**2
    covariance[0, 3] = covariance[3, 0] = (along - across) * sin * cos
    return GaussianState(mean.reshape(-1, 1), covariance, timestamp=seen.timestamp)


def main():
    transition = CombinedLinearGaussianTransitionModel([Singer(18.0, 1.0), Singer(18.0, 1.0)])
    predictor = ExtendedKalmanPredictor(transition)
    updater = ExtendedKalmanUpdater(measurement_model=None)
    hypothesiser = DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=GATE)
    associator = GNNWith2DAssignment(hypothesiser)
    tracks, updates, last_update, places = [], {}, {}, []
    for scan in json.load(sys.stdin)["scans"]:
        time = START + datetime.timedelta(seconds=scan["t_s"])
        detections = [detection(measurement, time) for measurement in scan["measurements"]]
        free = set(detections)
        if tracks:
            for track, hypothesis in associator.associate(tracks, detections, time).items():
                if hypothesis:
                    track.append(updater.update(hypothesis))
                    free.discard(hypothesis.measurement)
                    updates[track] += 1
                    last_update[track] = scan["t_s"]
                else:
                    track.append(hypothesis.prediction)

        def lives(track):
            limit_s = COAST_S if updates[track] >= CONFIRM_UPDATES else TENTATIVE_COAST_S
            return scan["t_s"] - last_update[track] <= limit_s

        tracks = [track for track in tracks if lives(track)]
        for seen in detections:
            if seen in free:
                track = Track([first_state(seen)])
                updates[track], last_update[track] = 1, scan["t_s"]
                tracks.append(track)
        confirmed = [track for track in tracks if updates[track] >= CONFIRM_UPDATES]
        places.append([[float(t.state_vector[0]), float(t.state_vector[3])] for t in confirmed])
    json.dump(places, sys.stdout)


main()
